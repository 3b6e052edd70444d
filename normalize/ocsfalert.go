package normalize

import "strconv"

// Marks in metadata.labels that tell what no record of the service is.
const (
	labelMerged = "merged_alert"
	labelBundle = "original_bundle"
)

// Types of observables.
const (
	observableUser  = 4
	observableEmail = 5
	observableURL   = 6
)

// ocsfAlert writes a merged alert: a finding of its own, with the uid that its
// originals have as well. metadata.labels says that it is merged.
func (n *Normalizer) ocsfAlert(a *MergedAlert) {
	l := &n.layer
	n.dlp.reset()
	n.ocsfBegin()
	e := &n.ocsf
	e.is, e.severity = ocsfNewFinding, ocsfSeverity(n.fieldText(fieldSeverity))
	l.key("uid")
	at := len(l.texts)
	l.texts = appendValid(l.texts, []byte(a.UID))
	l.texts = strconv.AppendInt(append(l.texts, '/'), int64(a.Revision), 10)
	l.value(l.since(at))
	l.member("sequence", intNode(int64(a.Revision)))
	n.claim("original_event_uid", fieldID)
	n.label(labelMerged)
	n.ocsfMetadata(noField)
	n.mergedFinding(a)
	n.claim("comment", fieldComments)
	switch closed := n.findingState(); {
	case closed:
		e.is.id = findingClosed
	case a.Revision > 0:
		e.is.id = findingUpdated
	}
	n.api(false)
	e.notes = func(*Normalizer) {
		l.key(keyEventSummary)
		l.open()
		l.member("alert_entity_count", intNode(int64(a.Count)))
		l.member("alert_entity_truncated", boolNode(a.Truncated))
		l.close()
	}
	n.ocsfEnd()
}

func (n *Normalizer) label(word string) {
	l := &n.layer
	l.key("labels")
	l.list()
	l.item()
	l.string(word)
	l.close()
}

// mergedFinding writes finding_info, evidences and observables.
func (n *Normalizer) mergedFinding(a *MergedAlert) {
	d := n.original()
	l := &n.layer
	l.key("finding_info")
	l.open()
	l.key("uid")
	l.text([]byte(a.UID))
	n.claim("uid_alt", fieldAlertID)
	l.member("created_time", intNode(n.when.created.UnixMilli()))
	n.findingInfo(&d)
	l.key("related_events")
	l.list()
	for _, id := range a.RecordIDs {
		l.item()
		l.open()
		l.key("uid")
		l.text([]byte(id))
		l.close()
	}
	l.shut()
	l.close()
	n.entities(a)
}

// entities writes the entities of an alert as evidences, those that can be looked
// for as observables too. The affected user that the alert names is one of them,
// whether or not a record of its own says so.
func (n *Normalizer) entities(a *MergedAlert) {
	l := &n.layer
	kinds, ids := make([]Node, len(a.Entities)), make([]Node, len(a.Entities))
	for i, e := range a.Entities {
		kinds[i], ids[i] = l.own(e.Type), l.own(e.ID)
	}
	affected, found := n.affectedUser()
	for i := range ids {
		if n.entityKind(kinds[i], ids[i]) == entityUser && n.sameText(ids[i], affected) {
			found = false
		}
	}
	l.key("evidences")
	l.list()
	for i := range ids {
		n.entityEvidence(kinds[i], ids[i])
	}
	if found {
		l.item()
		l.open()
		n.namedUser(affected)
		l.close()
	}
	l.shut()
	l.key("observables")
	l.list()
	for i := range ids {
		n.observable(i, n.entityKind(kinds[i], ids[i]), ids[i])
	}
	if found {
		n.observable(len(ids), entityUser, affected)
	}
	l.shut()
}

// affectedUser returns the user that the Data of an alert names.
func (n *Normalizer) affectedUser() (Node, bool) {
	d, ok := n.parseInner(n.fieldText(fieldData))
	if !ok {
		return Node{}, false
	}
	return n.scalar(&d, d.lookup(0, "f3u"))
}

// observable writes an entity as an item, with the way to it.
func (n *Normalizer) observable(i int, kind entityKind, value Node) {
	id, word, path := int64(observableUser), "User Name", "].user.name"
	switch {
	case kind == entityURL:
		id, word, path = observableURL, "URL String", "].url.url_string"
	case kind != entityUser:
		return
	case isEmail(n.str(value)):
		id, word, path = observableEmail, "Email Address", "].user.email_addr"
	}
	l := &n.layer
	l.item()
	l.open()
	l.key("name")
	at := len(l.texts)
	l.texts = strconv.AppendInt(append(l.texts, "evidences["...), int64(i), 10)
	l.texts = append(l.texts, path...)
	l.value(l.since(at))
	l.member("type_id", intNode(id))
	l.word("type", word)
	l.member("value", value)
	l.close()
}

// ocsfBundle writes the record that holds the originals of an alert: they, and
// its operations, are in unmapped. How severe the alert is, and in what state, the
// alert itself says.
func (n *Normalizer) ocsfBundle() {
	l := &n.layer
	n.dlp.reset()
	n.ocsfBegin()
	n.ocsf.is, n.ocsf.severity = ocsfActivity{ocsfDetection, activityOther}, severityUnknown
	d := n.original()
	revision, _ := whole(&d, n.top(keyAlertRevision))
	l.key("uid") // of its own in each revision, as the alert has
	at := len(l.texts)
	l.texts = append(l.texts, n.fieldText(fieldID)...)
	l.texts = strconv.AppendInt(append(l.texts, '/'), revision, 10)
	l.value(l.since(at))
	n.taken(n.field(fieldID))
	n.label(labelBundle)
	n.ocsfMetadata(noField)
	l.key("finding_info")
	l.open()
	n.claimAt("uid", n.top(keyBundleUID))
	n.claim("uid_alt", fieldAlertID)
	n.claim("title", fieldName)
	l.close()
	n.ocsfEnd()
}
