package normalize

import "bytes"

// isAlert reports whether the record in hand is of the alert family.
func (n *Normalizer) isAlert() bool {
	return n.recordType == recordTypeAlerts || n.record.alertKind() != noAlert
}

// ecsAlert writes a merged alert. Its event.id is its alert_uid, so that a
// revision takes the place of the one before.
func (n *Normalizer) ecsAlert(a *MergedAlert) {
	n.dlp.reset()
	n.also.reset()
	c := n.alertClass()
	n.ecsEvent(c, n.layer.keep(a.UID))
	n.ecsCommon(c, a)
	n.ecsMail()
	n.ecsAlertFields()
	for _, e := range a.Entities {
		if ip, ok := parseIP([]byte(e.ID)); ok {
			n.ipNode(address{ip: ip})
		}
	}
	n.writeRelated()
	n.o365(a)
}

// ecsAlertFields writes message, rule and threat.
func (n *Normalizer) ecsAlertFields() {
	l := &n.layer
	d := n.original()
	n.member(keyMessage, fieldName)
	l.key(keyRule)
	l.open()
	n.member("id", fieldPolicyID)
	n.member("name", fieldName)
	n.member("category", fieldCategory)
	n.member("ruleset", fieldEntityType)
	n.member("description", fieldAlertEntityID)
	for i := range d.items(n.field(fieldAlertLinks)) {
		if v, ok := n.scalar(&d, d.lookup(i, "AlertLinkHref")); ok {
			l.member("reference", v)
			break
		}
	}
	l.shut()
	n.threat(&d)
	n.alertUsers()
}

// ecsDetection writes message and rule of what else tells of a threat: alerts of
// Defender, whose names are Title or RuleName.
func (n *Normalizer) ecsDetection() {
	l := &n.layer
	d := n.original()
	title, ok := n.scalar(&d, n.top("Title"))
	if !ok {
		title, ok = n.scalar(&d, n.top("RuleName"))
	}
	if ok {
		l.member(keyMessage, title)
	}
	l.key(keyRule)
	l.open()
	if ok {
		l.member("name", title)
	}
	n.scalarMember("description", &d, n.top("Description"))
	if n.recordType == recordTypeCloudApps && n.isURL(&d, n.field(fieldURL)) {
		n.member("reference", fieldURL)
	}
	l.shut()
}

// topText returns the text of a top-level field by its name, nil when it is none.
func (n *Normalizer) topText(name string) []byte {
	d := n.original()
	if i := n.top(name); i != 0 && d.tape.nodes[i].kind == String {
		return d.text(d.tape.nodes[i])
	}
	return nil
}

// alertPerson returns whom an original of an alert is about: the entity that it
// names, or the affected user.
func (n *Normalizer) alertPerson(d *document) person {
	if equalFold(n.fieldText(fieldEntityType), "user") {
		if who, ok := n.person(d, n.field(fieldAlertEntityID)); ok {
			return who
		}
	}
	who, _ := n.affected()
	return who
}

// indicators are the entities of alerts that are one, with the type and the
// field of ECS.
var indicators = [...]struct{ entity, kind, object, member string }{
	{"maliciousurl", "url", "url", "original"},
	{"url", "url", "url", "original"},
	{"sender", "email-addr", "email", "address"},
}

// threat writes what an entity that is no person tells of an attack.
func (n *Normalizer) threat(d *document) {
	entity, ok := n.scalar(d, n.field(fieldAlertEntityID))
	if !ok {
		return
	}
	l := &n.layer
	kind := n.fieldText(fieldEntityType)
	if equalFold(kind, "malwarefamily") {
		l.key(keyThreat)
		l.open()
		l.key("software")
		l.open()
		l.member("name", entity)
		l.word("type", "Malware")
		l.close()
		l.close()
	}
	for _, x := range indicators {
		if !equalFold(kind, x.entity) {
			continue
		}
		l.key(keyThreat)
		l.open()
		l.key("indicator")
		l.open()
		l.word("type", x.kind)
		l.key(x.object)
		l.open()
		l.member(x.member, entity)
		l.close()
		l.close()
		l.close()
		return
	}
}

// alertMail writes email of the message that Data describes.
func (n *Normalizer) alertMail() {
	d, ok := n.parseInner(n.fieldText(fieldData))
	if !ok {
		return
	}
	l := &n.layer
	n.scalarMember("message_id", &d, d.lookup(0, "imsgid"))
	n.scalarMember("local_id", &d, d.lookup(0, "mid"))
	n.scalarMember("subject", &d, d.lookup(0, "ms"))
	l.key("sender")
	l.open()
	n.scalarMember("address", &d, d.lookup(0, "tsd"))
	l.shut()
	l.key("to")
	l.open()
	l.key("address")
	l.list()
	n.eachAddress(&d, d.lookup(0, "trc"), func(v Node) {
		l.item()
		l.value(v)
	})
	l.shut()
	l.shut()
}

// alertUsers notes the users that Data names: affected, source, sender and
// recipients.
func (n *Normalizer) alertUsers() {
	d, ok := n.parseInner(n.fieldText(fieldData))
	if !ok {
		return
	}
	for _, key := range [...]string{"f3u", "suid", "tsd", "trc"} {
		n.eachAddress(&d, d.lookup(0, key), func(v Node) { n.also.user(n, v) })
	}
}

// eachAddress calls yield with each part of a text of addresses with semicolons
// between them.
func (n *Normalizer) eachAddress(d *document, i int, yield func(Node)) {
	all, ok := n.scalar(d, i)
	if !ok {
		return
	}
	for from, text := 0, n.str(all); from < len(text); {
		part := text[from:]
		if end := bytes.IndexByte(part, ';'); end >= 0 {
			part = part[:end]
		}
		skip := len(part) - len(bytes.TrimLeft(part, " "))
		if to := len(bytes.TrimRight(part, " ")); to > skip {
			yield(all.cut(from+skip, from+to))
		}
		from += len(part) + 1
	}
}

// o365Alert writes what makes a merged alert.
func (n *Normalizer) o365Alert(a *MergedAlert) {
	l := &n.layer
	l.key("alert")
	l.open()
	l.word("uid", a.UID)
	l.member("revision", intNode(int64(a.Revision)))
	l.word("status", n.status())
	n.member("original_id", fieldID)
	n.summaryMembers(a)
	n.stringList("record_ids", a.RecordIDs)
	l.close()
}
