package normalize

import "slices"

// The layer's own words on top, as Interflow has them.
const (
	keyMsgClass          = "msg_class"
	keyMsgOrigin         = "msg_origin"
	keyTenantName        = "tenant_name"
	keyTenantID          = "tenantid"
	keyTimestamp         = "timestamp"
	keyTimestampFallback = "timestamp_fallback"
	keyWriteTime         = "write_time"
	keyIP                = "srcip"
	keyHost              = "srcip_host"
	keyVersion           = "srcip_version"
	keyIPType            = "srcip_type"
	keyPort              = "srcport"
	keyUserName          = "srcip_username"
	keyUserSID           = "srcip_usersid"
	keyUser              = "user"
	keyUserAgent         = "user_agent"
	keyLoginResult       = "login_result"
	keyEvent             = "event"
	keyError             = "error"
	keyRule              = "rule"
	keyDLP               = "dlp"
	keyEmail             = "email"
	keyFile              = "file"
	keyURL               = "url"
	keyOffice365         = "office365"

	productName     = "office365"
	productCategory = "office_suite"
	processorType   = "log_collector"
)

// layerKeys are the top-level keys of the layer. The second half is that of
// merged alerts; they are kept from the originals in all records, so that a key
// means one thing.
var layerKeys = [...]string{
	keyMsgClass, keyMsgOrigin, keyTenantName, keyTenantID, keyTimestamp, keyTimestampFallback, keyWriteTime,
	keyIP, keyHost, keyVersion, keyIPType, keyPort, keyUserName, keyUserSID, keyUser, keyUserAgent, keyLoginResult,
	keyEvent, keyError, keyRule, keyDLP, keyEmail, keyFile, keyURL, keyOffice365,

	keyAlertTime, keyAlertUID, keyAlertRevision, keyOriginalID, keyEventSource, keyEventName, keyEventStatus, keySeverity,
	keyEventSummary, keyXDREvent, keyRelated, keyBundleUID, keyOriginals,
}

// LayerKeys returns the top-level keys that the layer uses. Options.IndexKey
// must be none of them. The slice is the caller's.
func LayerKeys() []string { return slices.Clone(layerKeys[:]) }

// interflow is the layer beside the original fields.
var interflow = shape{
	reserved:    layerKeys[:],
	begin:       (*Normalizer).interflowPrefix,
	fields:      (*Normalizer).interflowFields,
	undecodable: (*Normalizer).interflowUndecodable,
	alert:       (*Normalizer).interflowAlert,
	bundle:      (*Normalizer).times,
}

// interflowPrefix writes the fields that all records of a content type share.
func (n *Normalizer) interflowPrefix(ct ContentType, index string) {
	n.layer.word(keyMsgClass, ct.Class())
	n.origin()
	n.indexKey(index)
}

// interflowFields writes what the record itself says.
func (n *Normalizer) interflowFields() {
	n.times()
	n.match()
	n.address()
	n.identity()
	n.event()
	if n.dlp.is {
		n.writeDLP()
	}
	n.mail()
	n.file()
	n.userAgent()
	n.office365()
}

// interflowUndecodable writes what stands in for fields.
func (n *Normalizer) interflowUndecodable(u undecodable) {
	n.times()
	n.writeUndecodable(u)
}

// event writes event and login_result.
func (n *Normalizer) event() {
	l := &n.layer
	result := n.outcome()
	if result != "" && n.isSignIn() {
		l.word(keyLoginResult, string(result))
	}
	l.key(keyEvent)
	l.open()
	n.member("id", fieldID)
	n.code()
	n.member("action", fieldOperation)
	if result != "" {
		l.word("outcome", string(result))
	}
	n.member("reason", fieldLogonError)
	if n.dlp.is && n.dlp.severity.kind == String {
		l.member("severity_str", n.dlp.severity)
	}
	l.shut()
}

// origin writes msg_origin and the names of the tenant.
func (n *Normalizer) origin() {
	l := &n.layer
	l.key(keyMsgOrigin)
	l.open()
	l.key("source")
	l.string(productName)
	l.key("vendor")
	l.string(productName)
	l.key("category")
	l.string(productCategory)
	l.key("processor")
	l.open()
	l.key("name")
	l.string(productName)
	l.key("type")
	l.string(processorType)
	if n.options.ConnectorName != "" {
		l.key("id")
		l.text([]byte(n.options.ConnectorName))
	}
	l.close()
	l.close()
	l.key(keyTenantName)
	l.text([]byte(n.options.TenantName))
	if n.options.TenantID != "" {
		l.key(keyTenantID)
		l.text([]byte(n.options.TenantID))
	}
}

// times writes timestamp and write_time.
func (n *Normalizer) times() {
	l := &n.layer
	l.key(keyTimestamp)
	l.value(intNode(n.when.created.UnixMilli()))
	if !n.when.known {
		l.key(keyTimestampFallback)
		l.value(boolNode(true))
	}
	l.key(keyWriteTime)
	l.value(intNode(n.when.now.UnixMilli()))
}
