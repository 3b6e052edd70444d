package normalize

import "slices"

// The Open Cybersecurity Schema Framework, as it is released.
const (
	ocsfVersion  = "1.8.0"
	ocsfProvider = "Microsoft 365"
	ocsfVendor   = "Microsoft"
)

// Keys of OCSF that more than one rule has.
const (
	keyUnmapped = "unmapped"
	keyRawData  = "raw_data"
	keyMetadata = "metadata"
	keyUnknown  = "Unknown"
)

// ocsf is the Open Cybersecurity Schema Framework. On top is nothing but its
// attributes; original fields that stand in none of them are in unmapped, with
// what is ours and has no attribute. Theirs that have a key of ours are in
// office365 there.
//
// An event has a class. What a record is decides its RecordType and Operation
// (ocsffamilies.go); a class whose required attributes the record has not gives
// way to API Activity, which needs none.
var ocsf = shape{
	reserved:    []string{keyTenantID, keyTimestampFallback, keyOffice365, keyEventSummary},
	begin:       (*Normalizer).ocsfPrefix,
	fields:      (*Normalizer).ocsfFields,
	undecodable: (*Normalizer).ocsfUndecodable,
	alert:       (*Normalizer).ocsfAlert,
	bundle:      (*Normalizer).ocsfBundle,
}

// ocsfEvent is what is known of the event in hand.
type ocsfEvent struct {
	is       ocsfActivity
	severity int64
	service  Node                // the Workload
	ip       Node                // the address in src_endpoint
	taken    []int32             // values of the record that stand in an attribute: they are not in unmapped
	notes    func(n *Normalizer) // writes more of ours into unmapped
}

// ocsfKept are texts of the settings that events have behind what is their own.
// They stay in the layer with what all events of a content type begin with.
type ocsfKept struct{ tenantName, tenantID, indexKey, index Node }

// ocsfPrefix writes what all events of a content type share. It leaves metadata
// open.
func (n *Normalizer) ocsfPrefix(ct ContentType, index string) {
	l, o := &n.layer, &n.options
	n.ocsfKept = ocsfKept{tenantName: l.own(o.TenantName), tenantID: l.own(o.TenantID), indexKey: l.own(o.IndexKey), index: l.own(index)}
	l.key(keyMetadata)
	l.open()
	l.word("version", ocsfVersion)
	l.key("product")
	l.open()
	l.word("name", ocsfProvider)
	l.word("vendor_name", ocsfVendor)
	l.word("uid", productName)
	l.close()
	l.word("log_name", string(ct))
	if n.options.ConnectorName != "" {
		l.key("loggers")
		l.list()
		l.item()
		l.open()
		l.key("name")
		l.text([]byte(n.options.ConnectorName))
		l.close()
		l.close()
	}
}

// ocsfFields writes what a record of the service says.
func (n *Normalizer) ocsfFields() {
	n.match()
	n.ocsfBegin()
	e := &n.ocsf
	family := ocsfFamilyOf(n.recordType)
	e.is = family.activityOf(n.fieldText(fieldOperation))
	if family.verb != "" && e.is == ocsfAPIOther {
		e.is.id = n.verbAt(n.top(family.verb))
	}
	if n.dlp.is {
		e.is = ocsfDataFinding
	}
	n.ocsfMetadata(fieldID)
	if !n.ocsfClass() {
		e.is = ocsfUnknown.activityOf(n.fieldText(fieldOperation))
		n.apiActivity()
	}
	n.ocsfEnd()
}

// verbAt returns what the text at nodes[i] says was done.
func (n *Normalizer) verbAt(i int) uint8 {
	d := n.original()
	if i == 0 || d.tape.nodes[i].kind != String {
		return activityOther
	}
	return verbInText(d.text(d.tape.nodes[i]))
}

// ocsfBegin starts an event.
func (n *Normalizer) ocsfBegin() {
	d := n.original()
	n.ocsf = ocsfEvent{severity: severityInformational, taken: n.ocsf.taken[:0]}
	n.ocsf.service, _ = n.scalar(&d, n.field(fieldWorkload))
}

// ocsfClass writes what the class of the event has of its own; nothing, and false,
// when the record lacks what the class requires.
func (n *Normalizer) ocsfClass() bool {
	switch n.ocsf.is.class {
	case ocsfAuthentication:
		return n.authentication()
	case ocsfAccountChange:
		return n.accountChange()
	case ocsfEntity:
		return n.entityManagement()
	case ocsfUserAccess:
		return n.userAccess()
	case ocsfGroup:
		return n.groupManagement()
	case ocsfFileHosting:
		return n.fileHosting()
	case ocsfWeb:
		return n.webResources()
	case ocsfEmail:
		return n.emailActivity()
	case ocsfDetection:
		return n.detectionFinding()
	case ocsfDataSecurity:
		return n.dataSecurityFinding()
	default:
		n.apiActivity()
		return true
	}
}

// ocsfEnd writes what all classes have, after their own.
func (n *Normalizer) ocsfEnd() {
	n.ocsfCloud()
	n.ocsfIDs()
	n.ocsfUnmapped()
	if n.options.RawText {
		n.layer.member(keyRawData, n.originalText())
	}
}

// ocsfIDs writes the class, the activity, the severity and the time.
func (n *Normalizer) ocsfIDs() {
	l, e := &n.layer, &n.ocsf
	class := &ocsfClasses[e.is.class]
	id := int64(e.is.id)
	l.member("category_uid", intNode(class.category))
	l.word("category_name", class.categoryName)
	l.member("class_uid", intNode(class.uid))
	l.word("class_name", class.name)
	l.member("activity_id", intNode(id))
	d := n.original()
	if int(id) < len(class.activities) {
		l.word("activity_name", class.activities[id])
	} else if v, ok := n.operationText(&d); ok { // Other: what the source calls it
		l.member("activity_name", v)
	}
	l.member("type_uid", intNode(class.uid*100+id))
	l.member("severity_id", intNode(e.severity))
	l.word("severity", ocsfSeverities[e.severity])
	if d.tape != nil && string(n.fieldText(fieldSeverity)) == ocsfSeverities[e.severity] {
		n.taken(n.field(fieldSeverity))
	}
	l.member("time", intNode(n.when.created.UnixMilli()))
}

// operationText returns the Operation of a record that is one.
func (n *Normalizer) operationText(d *document) (Node, bool) {
	if d.tape == nil {
		return Node{}, false
	}
	return n.scalar(d, n.field(fieldOperation))
}

// ocsfMetadata writes the rest of metadata. uid is the field that tells the event
// from others; noField where the caller has written one.
func (n *Normalizer) ocsfMetadata(uid field) {
	l := &n.layer
	n.ocsfProfiles()
	if uid != noField {
		n.claim("uid", uid)
	}
	n.claim("event_code", fieldRecordType)
	n.claim("log_provider", fieldWorkload)
	n.claim("tenant_uid", fieldOrganizationID)
	n.claim("correlation_uid", fieldCorrelationID)
	n.claim("original_time", fieldCreationTime)
	l.member("processed_time", intNode(n.when.now.UnixMilli()))
	l.close()
}

// ocsfProfiles writes the profiles that the class of the event uses attributes
// of: cloud, for cloud and api, in all; host for the actor where the class has
// none of its own; security_control for what was done about a match.
func (n *Normalizer) ocsfProfiles() {
	l := &n.layer
	l.key("profiles")
	l.list()
	l.item()
	l.string("cloud")
	switch n.ocsf.is.class {
	case ocsfWeb, ocsfEmail:
		l.item()
		l.string("host")
	case ocsfDataSecurity:
		l.item()
		l.string("security_control")
	}
	l.close()
}

// ocsfCloud writes whose tenant it was.
func (n *Normalizer) ocsfCloud() {
	l := &n.layer
	l.key("cloud")
	l.open()
	l.word("provider", ocsfProvider)
	l.key("org")
	l.open()
	if n.record.tape != nil {
		n.member("uid", fieldOrganizationID)
	}
	if n.options.TenantName != "" {
		l.member("name", n.ocsfKept.tenantName)
	}
	l.shut()
	l.close()
}

// claim writes a member with the value of a field, as a String, and takes the
// field out of unmapped. False where the field says nothing.
func (n *Normalizer) claim(name string, f field) bool { return n.claimAt(name, n.field(f)) }

// claimAt does so with the top-level value at nodes[i].
func (n *Normalizer) claimAt(name string, i int) bool {
	d := n.original()
	v, ok := n.scalar(&d, i)
	if ok {
		n.layer.member(name, v)
		n.taken(i)
	}
	return ok
}

// taken notes that the top-level value at nodes[i] stands in an attribute.
func (n *Normalizer) taken(i int) {
	n.ocsf.taken = append(n.ocsf.taken, int32(i)) //nolint:gosec // fewer than the bytes of a record
}

// top returns the index of the value of a top-level field by its name, 0 when
// there is none.
func (n *Normalizer) top(name string) int {
	d := n.original()
	return d.lookup(0, name)
}

// ocsfUnmapped writes unmapped: what is ours and has no attribute, and all
// original fields that stand in none.
func (n *Normalizer) ocsfUnmapped() {
	l, e := &n.layer, &n.ocsf
	l.key(keyUnmapped)
	l.open()
	if n.options.IndexKey != "" {
		l.item()
		l.value(n.ocsfKept.indexKey)
		l.value(n.ocsfKept.index)
	}
	if n.options.TenantID != "" {
		l.member(keyTenantID, n.ocsfKept.tenantID)
	}
	if !n.when.known {
		l.member(keyTimestampFallback, boolNode(true))
	}
	if e.notes != nil {
		e.notes(n)
	}
	if t := n.record.tape; t != nil {
		n.untaken(t)
	}
	l.shut()
	n.record.original = nil
}

// untaken writes the original fields that stand in no attribute, those with a
// key of ours under office365.
func (n *Normalizer) untaken(t *tape) {
	l, e := &n.layer, &n.ocsf
	displaced := n.displacedBy(t)
	e.taken = append(e.taken, displaced...)
	object, start := l.stack[l.depth-1], len(l.nodes)
	n.originals(1)
	if t.deepest < MaxDepth {
		for _, i := range e.taken {
			n.drop(object, start+int(i)-2) // without the node of the record, and the key is one before its value
		}
	} else {
		n.dropEach(t, object, start)
	}
	if len(displaced) == 0 {
		return
	}
	l.key(keyOffice365)
	l.open()
	for _, i := range displaced {
		l.item()
		l.value(t.nodes[i-1])
		n.shallow(int(i), 4) // inside of the record, unmapped and office365
	}
	l.close()
}

// displacedBy returns the values of the original fields that have a key of ours.
func (n *Normalizer) displacedBy(t *tape) (values []int32) {
	if t.initial&n.initial == 0 || !n.isTaken(&n.record) {
		return nil
	}
	for i := 1; i < len(t.nodes); i = t.next(i) {
		value := int32(i + 1)
		if key := t.nodes[i]; key.kind == String && n.isReserved(n.record.Text(key)) && !slices.Contains(n.ocsf.taken, value) {
			values = append(values, value)
		}
	}
	return values
}

// dropEach lets go of the members that are taken from a copy that is cut where it
// nests too deep: its nodes are not those of the record one by one.
func (n *Normalizer) dropEach(t *tape, object int32, start int) {
	l := &n.layer
	for i := 1; i < len(t.nodes); i = t.next(i) {
		if t.nodes[i].kind == Gone {
			continue
		}
		next := start + 2 + l.nodes[start+1].span()
		if slices.Contains(n.ocsf.taken, int32(i+1)) {
			n.drop(object, start)
		}
		start = next
	}
}

// drop lets go of the member of an object whose key is at a node of the layer, if
// it has not gone before.
func (n *Normalizer) drop(object int32, at int) {
	l := &n.layer
	if l.nodes[at].kind != String {
		return
	}
	l.nodes[at] = Node{kind: Gone, n: uint32(1 + l.nodes[at+1].span())} //nolint:gosec // fewer than the bytes of a record
	l.nodes[object].n--
}

// ocsfUndecodable writes a text that is no record: a Base Event of the activity
// Other, with the text in raw_data whatever the setting is, for it has no other
// place. It is of medium severity: somebody should look at it.
func (n *Normalizer) ocsfUndecodable(u undecodable) {
	l := &n.layer
	n.ocsf = ocsfEvent{is: ocsfActivity{ocsfBase, activityOther}, severity: severityMedium, taken: n.ocsf.taken[:0]}
	if u.raw.Length > int64(len(u.raw.Bytes)) {
		l.member("is_truncated", boolNode(true))
	}
	n.ocsfProfiles()
	l.member("processed_time", intNode(n.when.now.UnixMilli()))
	l.close()
	n.ocsf.notes = func(n *Normalizer) {
		l.key(keyOffice365)
		l.open()
		n.place(u)
		l.close()
	}
	n.ocsfStatusIs(statusFailure)
	l.word("status_code", string(u.kind()))
	l.key("message")
	l.text([]byte(u.cause.Error()))
	n.ocsfCloud()
	n.ocsfIDs()
	n.ocsfUnmapped()
	l.key(keyRawData)
	n.undecoded(u.raw.Bytes)
}
