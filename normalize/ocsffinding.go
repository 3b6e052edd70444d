package normalize

import (
	"bytes"
	"unicode/utf8"
)

// The states of findings, by Microsoft's Status; without one they are new.
var findingStates = [...]struct {
	theirs, name string
	id           int64
}{
	{"active", "New", 1},
	{"investigating", "In Progress", 2},
	{"dismissed", "Suppressed", 3},
	{"resolved", "Resolved", 4},
}

// Activities of findings.
const (
	findingUpdated = 2
	findingClosed  = 3
)

// findingState writes the state of a finding, and returns whether it is closed.
func (n *Normalizer) findingState() (closed bool) {
	l := &n.layer
	var room [foldRoom]byte
	word := fold(&room, n.fieldText(fieldStatus))
	state := &findingStates[0]
	for i := range findingStates {
		if findingStates[i].theirs == string(word) {
			state = &findingStates[i]
		}
	}
	l.member("status_id", intNode(state.id))
	l.word("status", state.name)
	if string(n.fieldText(fieldStatus)) == state.name {
		n.taken(n.field(fieldStatus))
	}
	return state.id >= 3
}

// detectionFinding writes an alert, or a record that tells of a threat.
func (n *Normalizer) detectionFinding() bool {
	d := n.original()
	if !n.hasFindingUID(&d) {
		return false
	}
	l := &n.layer
	n.ocsf.severity = ocsfSeverity(n.fieldText(fieldSeverity))
	if i := n.top("RiskLevel"); i != 0 && d.tape.nodes[i].kind == String && n.field(fieldSeverity) == 0 {
		n.ocsf.severity = ocsfSeverity(d.text(d.tape.nodes[i]))
	}
	l.key("finding_info")
	l.open()
	n.findingUID()
	n.findingInfo(&d)
	l.close()
	n.evidence(&d)
	n.claim("comment", fieldComments)
	if closed := n.findingState(); closed && n.ocsf.is.id == findingUpdated && n.recordType == recordTypeAlerts {
		n.ocsf.is.id = findingClosed
	}
	n.ocsfStatusDetail()
	n.api(false)
	return true
}

// hasFindingUID reports whether a finding can be told from others.
func (n *Normalizer) hasFindingUID(d *document) bool {
	if n.record.alertKind() != noAlert {
		return true
	}
	for _, f := range [...]field{fieldAlertID, fieldID} {
		if _, ok := n.scalar(d, n.field(f)); ok {
			return true
		}
	}
	return false
}

// ofObject are the record types of findings whose ObjectId tells them from
// others: investigations, alerts of Defender for Endpoint and for Cloud Apps.
func ofObject(recordType int) bool {
	return recordType == 64 || recordType == 78 || recordType == recordTypeCloudApps
}

// recordTypeCloudApps is the RecordType of alerts of Defender for Cloud Apps. Their
// Url is that of the alert's page.
const recordTypeCloudApps = 98

func (n *Normalizer) isURL(d *document, i int) bool {
	return i != 0 && d.tape.nodes[i].kind == String && isURL(d.text(d.tape.nodes[i]))
}

// findingUID writes what tells a finding from others: of an alert that is merged
// the alert_uid, so that its originals and the merged one have the same.
func (n *Normalizer) findingUID() {
	l := &n.layer
	if n.record.alertKind() != noAlert {
		l.key("uid")
		n.alertUID()
		n.claim("uid_alt", fieldAlertID)
		return
	}
	if n.claim("uid", fieldAlertID) || n.claimAt("uid", n.top("RiskId")) || ofObject(n.recordType) && n.claim("uid", fieldObjectID) {
		return
	}
	n.member("uid", fieldID)
}

// alertUID appends, as a value, the alert_uid that the record belongs to. Nearly
// all are of two short texts, which need no copy.
func (n *Normalizer) alertUID() {
	r, l := &n.record, &n.layer
	at := len(l.texts)
	l.texts = r.tape.appendField(l.texts, r.texts[fromRaw], fieldOrganizationID)
	organization := len(l.texts) - at
	l.texts = r.tape.appendField(append(l.texts, '/'), r.texts[fromRaw], fieldAlertID)
	id := len(l.texts) - at - organization - 1
	if 0 < id && id <= maxUIDPart && organization <= maxUIDPart && toLower(l.texts[at:]) {
		l.value(l.since(at))
		return
	}
	l.texts = l.texts[:at]
	note := AlertNote{id: r.fieldText(fieldID)}
	if id == 0 && note.id == "" {
		note.text = string(r.appendValue(nil, r.tape.nodes))
	}
	l.text([]byte(alertUID(r.fieldText(fieldOrganizationID), r.fieldText(fieldAlertID), note)))
}

// toLower makes a text of ASCII lower case; false when it is none.
func toLower(text []byte) bool {
	for i, c := range text {
		if c >= utf8.RuneSelf {
			return false
		}
		text[i] = lowered(c)
	}
	return true
}

// findingInfo writes what a finding is about, beside what it is told by.
func (n *Normalizer) findingInfo(d *document) {
	l := &n.layer
	_ = n.claim("title", fieldName) || n.claimAt("title", n.top("Title")) || n.claimAt("title", n.top("RuleName")) || n.titleOfOperation(d)
	if !n.claimAt("desc", n.top("Description")) {
		n.alertDescription()
	}
	if v, ok := n.scalar(d, n.field(fieldCategory)); ok {
		l.key("types")
		l.list()
		l.item()
		l.value(v)
		l.close()
		n.taken(n.field(fieldCategory))
	}
	l.key("analytic")
	l.open()
	n.claim("uid", fieldPolicyID)
	if l.nodes[l.stack[l.depth-1]].n > 0 {
		n.member("name", fieldName)
		l.member("type_id", intNode(1))
		l.word("type", "Rule")
	}
	l.shut()
	l.key("product")
	l.open()
	n.claim("name", fieldSource)
	l.shut()
	n.findingLink(d)
}

func (n *Normalizer) titleOfOperation(d *document) bool {
	v, ok := n.operationText(d)
	if ok {
		n.layer.member("title", v)
	}
	return ok
}

// alertDescription writes the description that stands in the Data of an alert.
func (n *Normalizer) alertDescription() {
	if n.recordType != recordTypeAlerts {
		return
	}
	if d, ok := n.parseInner(n.fieldText(fieldData)); ok {
		n.scalarMember("desc", &d, d.lookup(0, "ad"))
	}
}

// findingLink writes the address of the alert's page.
func (n *Normalizer) findingLink(d *document) {
	for i := range d.items(n.field(fieldAlertLinks)) {
		if link := d.lookup(i, "AlertLinkHref"); link != 0 && d.tape.nodes[link].kind == String && isURL(d.text(d.tape.nodes[link])) {
			n.layer.member("src_url", d.tape.nodes[link])
			return
		}
	}
	if n.recordType == recordTypeCloudApps && n.isURL(d, n.field(fieldURL)) {
		n.claim("src_url", fieldURL)
		return
	}
	if i := n.top("EventDeepLink"); i != 0 && d.tape.nodes[i].kind == String && isURL(d.text(d.tape.nodes[i])) {
		n.claimAt("src_url", i)
	}
}

// evidence writes what a finding rests on: the entity of a record that names one,
// else whoever and whatever the record is about.
func (n *Normalizer) evidence(d *document) {
	l := &n.layer
	kind, hasKind := n.scalar(d, n.field(fieldEntityType))
	if id, ok := n.scalar(d, n.field(fieldAlertEntityID)); ok {
		l.key("evidences")
		l.list()
		n.entityEvidence(kind, id)
		l.close()
		n.taken(n.field(fieldAlertEntityID))
		if hasKind {
			n.taken(n.field(fieldEntityType))
		}
		return
	}
	l.key("evidences")
	l.list()
	l.item()
	l.open()
	n.evidenceUser(d)
	n.evidenceSource(d)
	n.evidenceURL(d)
	n.evidenceFile(d)
	l.shutItem()
	l.shut()
}

// evidenceUser writes the user of a record; that of an alert is in its Data.
func (n *Normalizer) evidenceUser(d *document) {
	if n.recordType == recordTypeAlerts {
		if inner, ok := n.parseInner(n.fieldText(fieldData)); ok {
			if who, ok := n.scalar(&inner, inner.lookup(0, "f3u")); ok {
				n.namedUser(who)
			}
		}
		return
	}
	if i := n.field(fieldUserID); i != 0 && d.tape.nodes[i].kind == String && !isNobody(d.text(d.tape.nodes[i])) {
		n.ocsfUser("user")
	}
}

// namedUser writes a user of whom only the name is known.
func (n *Normalizer) namedUser(name Node) {
	l := &n.layer
	l.key("user")
	l.open()
	l.member("name", name)
	n.emailMembers(name)
	l.close()
}

func (n *Normalizer) evidenceSource(d *document) {
	if n.client().ip.IsValid() {
		n.srcEndpoint()
		return
	}
	i := n.top("UserIp")
	if i == 0 || d.tape.nodes[i].kind != String {
		return
	}
	if a := parseAddress(d.text(d.tape.nodes[i])); a.ip.IsValid() {
		n.srcEndpointOf(a)
		n.takenAsIP(i)
	}
}

// evidenceURL writes the address that was clicked.
func (n *Normalizer) evidenceURL(d *document) {
	if n.recordType == recordTypeCloudApps || !n.isURL(d, n.field(fieldURL)) {
		return
	}
	l := &n.layer
	l.key("url")
	l.open()
	n.claim("url_string", fieldURL)
	l.close()
}

// sha256ID is the id of the algorithm SHA-256 in OCSF.
const sha256ID = 3

// evidenceFile writes the file in which malware was found.
func (n *Normalizer) evidenceFile(d *document) {
	about := n.objectField(fieldFileData)
	if about == 0 {
		if name, from, ok := n.fileName(d); ok && n.recordType == recordTypeFiles {
			n.ocsfFile(d, name, from)
		}
		return
	}
	name, ok := n.scalar(d, d.lookup(about, "FileName"))
	if !ok {
		return
	}
	l := &n.layer
	l.key("file")
	l.open()
	l.member("name", name)
	l.member("type_id", intNode(kindFile))
	n.scalarMember("path", d, d.lookup(about, "FilePath"))
	n.sizeMember(d, d.lookup(about, "FileSize"))
	if sum, ok := n.scalar(d, d.lookup(about, "SHA256")); ok {
		l.key("hashes")
		l.list()
		l.item()
		l.open()
		l.member("algorithm_id", intNode(sha256ID))
		l.word("algorithm", "SHA-256")
		l.member("value", sum)
		l.close()
		l.close()
	}
	l.close()
}

// recordTypeFiles is the RecordType of operations on files in SharePoint.
const recordTypeFiles = 6

// entityEvidence writes an entity of an alert as an item: as data, and, where it
// is a user or an address, as that too.
func (n *Normalizer) entityEvidence(kind, id Node) {
	l := &n.layer
	l.item()
	l.open()
	switch n.entityKind(kind, id) {
	case entityUser:
		n.namedUser(id)
	case entityURL:
		l.key("url")
		l.open()
		l.member("url_string", id)
		l.close()
	}
	l.key("data")
	l.open()
	if kind.kind == String {
		l.member("entity_type", kind)
	}
	l.member("alert_entity_id", id)
	l.close()
	l.close()
}

// entityKind is what OCSF has objects for among entities.
type entityKind uint8

const (
	entityOther entityKind = iota
	entityUser
	entityURL
)

func (n *Normalizer) entityKind(kind, id Node) entityKind {
	if kind.kind != String {
		return entityOther
	}
	switch text := n.str(kind); {
	case equalFold(text, "user"):
		return entityUser
	case equalFold(text, "maliciousurl") && isURL(n.str(id)):
		return entityURL
	default:
		return entityOther
	}
}

// sameText reports whether two Strings are the same.
func (n *Normalizer) sameText(a, b Node) bool { return bytes.EqualFold(n.str(a), n.str(b)) }
