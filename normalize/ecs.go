package normalize

import "slices"

// ecsVersion is the version of the Elastic Common Schema that records follow.
const ecsVersion = "9.4.0"

// ecs is the format ecs: the fields of the Elastic Common Schema, and under o365
// what is not in it: all of the original record in o365.audit, helper objects
// beside it, and what a merged alert is in o365.alert.
var ecs = shape{
	begin:       (*Normalizer).ecsPrefix,
	fields:      (*Normalizer).ecsFields,
	undecodable: (*Normalizer).ecsUndecodable,
	alert:       (*Normalizer).ecsAlert,
	bundle:      (*Normalizer).ecsBundle,
}

const (
	ecsModule  = "o365"
	ecsDataset = "o365.audit"
)

// The keys on top that are not in the layer of interflow as well.
const (
	keyECS          = "ecs"
	keyECSTimestamp = "@timestamp"
	keyClient       = "client"
	keyDestination  = "destination"
	keyGroup        = "group"
	keyECSHost      = "host"
	keyLabels       = "labels"
	keyMessage      = "message"
	keyNetwork      = "network"
	keyO365         = "o365"
	keyObserver     = "observer"
	keyOrganization = "organization"
	keyProcess      = "process"
	keyServer       = "server"
	keySource       = "source"
	keyTags         = "tags"
	keyThreat       = "threat"
)

// ecsKeys are the top-level keys of records.
var ecsKeys = [...]string{
	keyECS, keyECSTimestamp, keyClient, keyDestination, keyEmail, keyError, keyEvent, keyFile, keyGroup, keyECSHost, keyLabels, keyMessage,
	keyNetwork, keyO365, keyObserver, keyOrganization, keyProcess, keyRelated, keyRule, keyServer, keySource, keyTags, keyThreat, keyURL,
	keyUser, keyUserAgent,
}

// ECSKeys returns the top-level keys that FormatECS uses. With it,
// Options.IndexKey must be none of them. The slice is the caller's.
func ECSKeys() []string { return slices.Clone(ecsKeys[:]) }

// ecsKept is what many records have in common, so that it is not made anew.
type ecsKept struct {
	tenantName Node        // stays in the layer with what all events of a content type begin with
	created    instantText // of emission: the records of a content have one
}

// ecsPrefix writes the fields that all records of a content type share. It leaves
// event open.
func (n *Normalizer) ecsPrefix(ct ContentType, index string) {
	l := &n.layer
	n.ecsKept.tenantName = l.own(n.options.TenantName)
	l.key(keyECS)
	l.open()
	l.word("version", ecsVersion)
	l.close()
	n.indexKey(index)
	if n.options.ConnectorName != "" {
		l.key(keyObserver)
		l.open()
		l.word("type", processorType)
		l.key("name")
		l.text([]byte(n.options.ConnectorName))
		l.close()
	}
	l.key(keyLabels)
	l.open()
	l.word("content_type", string(ct))
	if n.options.TenantID != "" {
		l.key(keyTenantID)
		l.text([]byte(n.options.TenantID))
	}
	l.close()
	l.key(keyEvent)
	l.open()
	l.word("module", ecsModule)
	l.word("dataset", ecsDataset)
}

// ecsFields writes what the record itself says.
func (n *Normalizer) ecsFields() {
	n.match()
	c := n.classify()
	n.also.reset()
	n.ecsEvent(c, Node{})
	n.ecsCommon(c, nil)
	n.ecsMail()
	n.ecsFile(c)
	switch {
	case n.dlp.is:
		n.ecsDLP()
	case n.isAlert():
		n.ecsAlertFields()
	case c.kind == ecsAlert:
		n.ecsDetection()
	}
	n.writeRelated()
	n.o365(nil)
}

// ecsCommon writes when, for whom, from where and by whom.
func (n *Normalizer) ecsCommon(c ecsClass, a *MergedAlert) {
	n.ecsTimestamp()
	n.ecsOrganization()
	n.ecsClient()
	n.ecsServer()
	n.ecsUser(c, a)
	n.ecsGroup(c)
	l := &n.layer
	if agent, ok := n.agent(); ok {
		l.key(keyUserAgent)
		l.open()
		l.member("original", agent)
		l.close()
	}
	if n.field(fieldClientProcessName) != 0 {
		l.key(keyProcess)
		l.open()
		n.member("name", fieldClientProcessName)
		l.shut()
	}
}

// ecsEvent writes and closes event. id stands in for the Id of the record where
// it is a String.
func (n *Normalizer) ecsEvent(c ecsClass, id Node) {
	l := &n.layer
	l.word("kind", ecsKindNames[c.kind])
	l.names("category", uint16(c.categories), ecsCategoryNames[:])
	l.names("type", uint16(c.types), ecsTypeNames[:])
	n.ecsCreated()
	if id.kind == String {
		l.member("id", id)
	} else {
		n.member("id", fieldID)
	}
	n.code()
	if c.action != "" {
		l.word("action", c.action)
	} else {
		n.member("action", fieldOperation)
	}
	n.member("provider", fieldWorkload)
	// Of a merged alert there is none: ResultStatus is that of raising it.
	if result := n.ecsOutcome(); result != "" && id.kind != String {
		l.word("outcome", string(result))
	}
	n.member("reason", fieldLogonError)
	if level := n.ecsSeverity(c); level > 0 {
		l.member("severity", intNode(level))
	}
	if n.options.RawText {
		l.member("original", n.originalText())
	}
	l.close()
}

// ecsOutcome is that of interflow, but for what DLP tells of false alarms.
func (n *Normalizer) ecsOutcome() outcome {
	if n.dlp.is && equalFold(n.fieldText(fieldOperation), "dlpinfo") {
		return failure
	}
	return n.attempted()
}

// attempted is the outcome, but for a file that was not opened: of that no field
// but the operation tells.
func (n *Normalizer) attempted() outcome {
	if equalFold(n.fieldText(fieldOperation), "accessdenied") {
		return failure
	}
	return n.outcome()
}

// ecsSeverity is 1 for Informational up to 4 for High, of an alert or of the rule
// that counts most; 0 where there is none. That of a risk is its level.
func (n *Normalizer) ecsSeverity(c ecsClass) int64 {
	word := n.fieldText(fieldSeverity)
	if c.kind == ecsAlert && n.field(fieldSeverity) == 0 {
		word = n.topText("RiskLevel")
	}
	if n.dlp.is && n.dlp.severity.kind == String {
		word = n.str(n.dlp.severity)
	}
	var room [foldRoom]byte
	folded := fold(&room, word)
	for i, s := range severities {
		if s.name == string(folded) {
			return int64(i + 1)
		}
	}
	return 0
}

// ecsOrganization writes organization and host: a tenant is both.
func (n *Normalizer) ecsOrganization() {
	l := &n.layer
	d := n.original()
	id, known := n.scalar(&d, n.field(fieldOrganizationID))
	l.key(keyOrganization)
	l.open()
	if known {
		l.member("id", id)
	}
	n.tenantName()
	l.shut()
	l.key(keyECSHost)
	l.open()
	if known {
		l.member("id", n.inLowerCase(id))
	}
	n.tenantName()
	l.shut()
}

// tenantName writes name, that of the tenant.
func (n *Normalizer) tenantName() {
	if n.options.TenantName != "" {
		n.layer.member("name", n.ecsKept.tenantName)
	}
}

// inLowerCase returns a String with its ASCII in lower case; itself as a rule.
func (n *Normalizer) inLowerCase(v Node) Node {
	text := n.str(v)
	if !slices.ContainsFunc(text, isCapital) {
		return v
	}
	l := &n.layer
	at := len(l.texts)
	for _, c := range text {
		l.texts = append(l.texts, lowered(c))
	}
	return l.since(at)
}

// ecsDLP writes the rules that matched.
func (n *Normalizer) ecsDLP() {
	l, m := &n.layer, &n.dlp
	l.key(keyRule)
	l.open()
	n.strings("id", m.ids)
	n.strings("name", m.names)
	n.strings("ruleset", m.policies)
	l.shut()
	if i := n.objectField(fieldExchangeMetaData); i != 0 {
		d := n.original()
		n.scalarMember(keyMessage, &d, d.lookup(i, "Subject"))
	}
}

// o365 writes what ECS has no field for: the original record, the helper objects
// and what a merged alert has.
func (n *Normalizer) o365(a *MergedAlert) {
	r, l := &n.record, &n.layer
	l.key(keyO365)
	l.open()
	if a != nil {
		n.o365Alert(a)
	}
	if n.dlp.is {
		n.o365DLP()
	}
	const inside = 2 // o365 and audit
	l.key("audit")
	l.open()
	n.originals(inside)
	l.close()
	if !n.options.NoFlatten && n.hasRoom(r) {
		n.helpers()
	}
	l.close()
}

// o365DLP writes dlp, as interflow has it on top.
func (n *Normalizer) o365DLP() {
	l := &n.layer
	l.key(keyDLP)
	l.open()
	n.dlpMembers()
	l.shut()
}

// ecsUndecodable writes what stands in for fields of a text that is no record.
func (n *Normalizer) ecsUndecodable(u undecodable) {
	l := &n.layer
	l.word("kind", "pipeline_error")
	n.ecsCreated()
	l.key("original")
	n.undecoded(u.raw.Bytes)
	l.close()
	n.instant(keyECSTimestamp, n.when.created)
	l.key(keyError)
	l.open()
	l.word("type", string(u.kind()))
	l.key("message")
	l.text([]byte(u.cause.Error()))
	l.close()
	l.key(keyOrganization)
	l.open()
	n.tenantName()
	l.shut()
	l.key(keyO365)
	l.open()
	n.place(u)
	l.close()
}

// ecsBundle writes what stands beside the originals of a bundle.
func (n *Normalizer) ecsBundle() {
	n.dlp.reset()
	c := n.alertClass()
	c.kind, c.action = ecsEvent, operationTriggered
	n.ecsEvent(c, Node{})
	n.ecsTimestamp()
	n.ecsOrganization()
	n.o365(nil)
}
