package normalize

import (
	"math"
	"slices"
	"time"
)

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

// Source is the blob that a record came in.
type Source struct {
	ContentType ContentType
	ContentID   string
}

// Normalizer makes records. It is not safe for concurrent use; give each worker
// its own.
type Normalizer struct {
	options  Options
	reserved map[string]struct{} // keys of the layer
	initial  initials            // first bytes of these

	layer  layer
	prefix prefix
	own    tape   // for raw text that no Splitter has parsed
	text   []byte // and that text
	record Record

	recordType  int      // of the record in hand, -1 for none
	dlp         dlpMatch // of the record in hand
	pairs       pairs
	inner       tape // of JSON in a string
	innerText   []byte
	innerRecord Record
}

// prefix is what all records of a content type and an index begin with; it stays
// in layer.
type prefix struct {
	contentType  ContentType
	index        string
	nodes, texts int
	fields       uint32
}

// New returns a Normalizer.
func New(o Options) *Normalizer {
	n := &Normalizer{options: o, reserved: make(map[string]struct{})}
	keys := layerKeys[:]
	if o.Format == FormatRaw {
		keys = []string{keyMsgClass, keyError, keyEvent, keyOffice365, keyAlertUID, keyAlertRevision, keyEventSummary}
	}
	for _, key := range append([]string{o.IndexKey}, keys...) {
		if key != "" {
			n.reserved[key] = struct{}{}
			n.initial.add([]byte(key))
		}
	}
	return n
}

// Record makes a record of raw. It never fails: text that is no record, by
// raw.Err or because it turns out to be none, gives a record with msg_class,
// error.type, error.message, the text under event.original and its place under
// office365 (content_id, position, length). The record, never nil, is valid until
// the next call, and no longer than raw.
//
// The layer's keys win over original keys of the same name: those move to
// office365.
func (n *Normalizer) Record(raw Raw, src Source, received time.Time) *Record {
	r := &n.record
	n.begin(src.ContentType, n.options.IndexEvents)
	err := n.take(r, raw)
	n.times(r, received, received)
	if err != nil {
		n.undecodable(raw, src, err)
	} else {
		n.fields(r)
	}
	return n.finish(r)
}

// take parses raw and makes its fields the original ones of r.
func (n *Normalizer) take(r *Record, raw Raw) error {
	t, err := n.parsed(raw)
	r.tape, r.original = t, nil
	if t != nil {
		r.original = t.nodes
		r.texts[fromRaw], r.texts[fromDecoded] = raw.Bytes, t.decoded
		if t == &n.own {
			r.texts[fromRaw] = n.text
		}
	}
	return err
}

// finish ends the layer of r.
func (n *Normalizer) finish(r *Record) *Record {
	n.layer.close()
	r.layer, r.texts[fromLayer] = n.layer.nodes, n.layer.texts
	return r
}

// fields writes what the record itself says.
func (n *Normalizer) fields(r *Record) {
	if n.options.Redact {
		n.redact()
	}
	if n.options.Format == FormatInterflow {
		n.recordType = n.recordTypeOf()
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
	}
	n.office365(r)
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

// parsed returns the fields of raw, or why there are none.
func (n *Normalizer) parsed(raw Raw) (*tape, error) {
	if raw.Err != nil {
		return nil, raw.Err
	}
	if raw.tape != nil {
		return raw.tape, nil
	}
	n.text = append(append(n.text[:0], raw.Bytes...), 0)
	end := n.own.parse(n.text)
	switch {
	case end < 0:
		return nil, &RecordError{Kind: KindSyntax, Message: n.own.wrong, Offset: int64(n.own.position)}
	case n.own.nodes[0].kind != Object:
		return nil, &RecordError{Kind: KindNotObject, Message: "a record is an object, this is not"}
	case space(n.text, end) < len(raw.Bytes):
		return nil, &RecordError{Kind: KindSyntax, Message: "text after the record", Offset: int64(end)}
	}
	return &n.own, nil
}

// begin starts a layer with the fields that only the settings, the content type
// and the index decide. They are written once and kept as long as these stay.
func (n *Normalizer) begin(ct ContentType, index string) {
	l := &n.layer
	if cap(l.texts) > keptBuffer || cap(l.nodes) > keptNodes {
		*l, n.prefix = layer{}, prefix{}
	}
	if n.prefix.contentType == ct && n.prefix.index == index && n.prefix.nodes > 0 {
		l.reset(n.prefix.nodes, n.prefix.texts)
		l.nodes[0].n = n.prefix.fields
		return
	}
	*l = layer{nodes: l.nodes[:0], texts: l.texts[:0]}
	l.open()
	l.key(keyMsgClass)
	l.string(ct.Class())
	if n.options.Format != FormatRaw {
		n.origin()
	}
	if n.options.IndexKey != "" {
		l.key(n.options.IndexKey)
		l.text([]byte(index))
	}
	n.prefix = prefix{contentType: ct, index: index, nodes: len(l.nodes), texts: len(l.texts), fields: l.nodes[0].n}
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

// times writes timestamp and write_time, and sets the event time. seen stands in
// for a CreationTime that is no time.
func (n *Normalizer) times(r *Record, seen, now time.Time) (created time.Time) {
	l := &n.layer
	ok := false
	if t := r.tape; t != nil && t.fields[fieldCreationTime] != 0 {
		if v := t.nodes[t.fields[fieldCreationTime]]; v.kind == String {
			created, ok = parseTime(r.Text(v))
		}
	}
	if !ok {
		created = seen
	}
	r.time = created
	if s := created.Unix(); s < 0 || s >= firstGroupMark {
		r.time = seen
	}
	if n.options.Format == FormatRaw {
		return created
	}
	l.key(keyTimestamp)
	l.value(intNode(created.UnixMilli()))
	if !ok {
		l.key(keyTimestampFallback)
		l.value(boolNode(true))
	}
	l.key(keyWriteTime)
	l.value(intNode(now.UnixMilli()))
	return created
}

// firstGroupMark is where the seconds of an event time end to be a time: Fluent
// Bit takes 0xFFFFFFFE and 0xFFFFFFFF as marks of a group and swallows the
// record. The seconds are unsigned, so times before 1970 would wrap.
const firstGroupMark = math.MaxUint32 - 1
