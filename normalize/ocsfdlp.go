package normalize

import "bytes"

// Systems that detect, by OCSF's data_security.
const (
	systemEndpoint    = 1
	systemApplication = 10
	systemOther       = 99
)

// The record types of matches that were not made by an app of Microsoft 365.
const (
	recordTypeDLPEndpoint = 63
	recordTypeDLPScan     = 99  // on premises, classification
	recordTypeDLPScanned  = 100 // on premises, action
)

// What was done about a match: action_id and disposition_id of OCSF's profile
// security_control.
var dlpActions = map[string]struct {
	action, disposition         int64
	actionName, dispositionName string
}{
	dlpBlocked: {2, 2, "Denied", "Blocked"},
	dlpAllowed: {1, 1, "Allowed", "Allowed"},
	dlpAudited: {3, 15, "Observed", "Detected"},
}

// dataSecurityFinding writes a match of a DLP policy.
func (n *Normalizer) dataSecurityFinding() bool {
	d := n.original()
	if _, ok := n.scalar(&d, n.field(fieldID)); !ok {
		return false
	}
	l := &n.layer
	n.ocsf.severity = severityUnknown
	if n.dlp.severity.kind == String {
		n.ocsf.severity = ocsfSeverity(n.str(n.dlp.severity))
	}
	n.dlpFinding(&d)
	n.dlpSecurity(&d)
	n.dlpActor(&d)
	n.srcEndpoint()
	n.dlpObject(&d)
	if is, ok := dlpActions[n.dlp.action]; ok {
		l.member("action_id", intNode(is.action))
		l.word("action", is.actionName)
		l.member("disposition_id", intNode(is.disposition))
		l.word("disposition", is.dispositionName)
	}
	n.findingState()
	n.api(false)
	return true
}

// dlpFinding writes the rule that matched, and the others that did.
func (n *Normalizer) dlpFinding(d *document) {
	l := &n.layer
	l.key("finding_info")
	l.open()
	n.member("uid", fieldID)
	n.claimAt("uid_alt", n.top("IncidentId"))
	if len(n.dlp.names) > 0 {
		l.member("title", n.dlp.names[0])
	} else {
		n.titleOfOperation(d)
	}
	first := true
	for i := range d.items(n.field(fieldPolicyDetails)) {
		for rule := range d.items(d.lookup(i, "Rules")) {
			if !n.isNamed(d, rule, "RuleId", "RuleName") {
				continue
			}
			if first {
				l.key("analytic")
				n.analytic(d, rule)
				l.key("related_analytics")
				l.list()
				first = false
				continue
			}
			l.item()
			n.analytic(d, rule)
		}
	}
	if !first {
		l.shut()
	}
	l.close()
}

// isNamed reports whether an object has an id or a name.
func (n *Normalizer) isNamed(d *document, i int, uid, name string) bool {
	_, hasUID := n.scalar(d, d.lookup(i, uid))
	_, hasName := n.scalar(d, d.lookup(i, name))
	return hasUID || hasName
}

func (n *Normalizer) analytic(d *document, rule int) {
	l := &n.layer
	l.open()
	n.scalarMember("uid", d, d.lookup(rule, "RuleId"))
	n.scalarMember("name", d, d.lookup(rule, "RuleName"))
	l.member("type_id", intNode(1))
	l.word("type", "Rule")
	l.close()
}

// dlpSecurity writes the policy, and what found the match.
func (n *Normalizer) dlpSecurity(d *document) {
	l := &n.layer
	l.key("data_security")
	l.open()
	system := int64(systemApplication)
	switch n.recordType {
	case recordTypeDLPEndpoint:
		system = systemEndpoint
	case recordTypeDLPScan, recordTypeDLPScanned:
		system = systemOther
	}
	l.member("detection_system_id", intNode(system))
	for i := range d.items(n.field(fieldPolicyDetails)) {
		if n.isNamed(d, i, "PolicyId", "PolicyName") {
			l.key("policy")
			l.open()
			n.scalarMember("uid", d, d.lookup(i, "PolicyId"))
			n.scalarMember("name", d, d.lookup(i, "PolicyName"))
			l.close()
			break
		}
	}
	l.close()
}

// dlpActor writes who did it: where that is an agent, the sender or owner.
func (n *Normalizer) dlpActor(d *document) {
	if _, isPerson := n.person(d, n.field(fieldUserID)); !isPerson {
		if who, ok := n.metadataPerson(d); ok {
			n.layer.key("actor")
			n.layer.open()
			n.namedUser(who.upn)
			n.layer.close()
			return
		}
	}
	n.ocsfActor()
}

// dlpObject writes what the match was in: a file, on a device perhaps, or a
// message; an ObjectId that is no path is that of something else.
func (n *Normalizer) dlpObject(d *document) {
	if i := n.objectField(fieldExchangeMetaData); i != 0 {
		n.dlpMessage(d, i)
		return
	}
	about := n.objectField(fieldSharePointMetaData)
	name, ok := Node{}, false
	if about != 0 {
		name, ok = n.scalar(d, d.lookup(about, "FileName"))
	}
	object := n.field(fieldObjectID)
	if !ok && object != 0 && d.tape.nodes[object].kind == String && bytes.ContainsAny(d.text(d.tape.nodes[object]), `\/`) {
		name, ok = lastPart(d, d.tape.nodes[object]), true
	}
	if !ok { // a dataset
		n.resource()
		return
	}
	n.dlpFile(d, about, name)
	n.dlpDevice(d)
}

func (n *Normalizer) dlpFile(d *document, about int, name Node) {
	l := &n.layer
	l.key("file")
	l.open()
	l.member("name", name)
	l.member("type_id", intNode(kindFile))
	n.claim("path", fieldObjectID)
	if about != 0 {
		n.sizeMember(d, d.lookup(about, "FileSize"))
		n.scalarMember("uid", d, d.lookup(about, "UniqueID"))
	} else {
		n.sizeMember(d, n.onDevice(d, fieldFileSize))
		n.scalarMember("ext", d, n.onDevice(d, fieldFileExtension))
	}
	l.close()
}

// dlpDevice writes the device of a match on one.
func (n *Normalizer) dlpDevice(d *document) {
	i := n.top("DeviceName")
	if meta := n.objectField(fieldEndpointMetaData); i == 0 && meta != 0 {
		i = d.lookup(meta, "DeviceName")
	}
	name, ok := n.scalar(d, i)
	if !ok {
		return
	}
	l := &n.layer
	l.key("device")
	l.open()
	l.member("hostname", name)
	l.member("type_id", intNode(activityUnknown))
	l.close()
}

// dlpMessage writes a message as the resource that the match was in.
func (n *Normalizer) dlpMessage(d *document, meta int) {
	if !n.isNamed(d, meta, "MessageID", "Subject") {
		return
	}
	l := &n.layer
	l.key("resources")
	l.list()
	l.item()
	l.open()
	n.scalarMember("uid", d, d.lookup(meta, "MessageID"))
	n.scalarMember("name", d, d.lookup(meta, "Subject"))
	l.word("type", "email")
	l.close()
	l.close()
}
