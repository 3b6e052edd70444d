package normalize

import (
	"slices"
	"strings"
)

// The layer's words in records of merged alerts.
const (
	keyAlertTime     = "alert_time"
	keyAlertUID      = "alert_uid"
	keyAlertRevision = "alert_revision"
	keyOriginalID    = "orig_id"
	keyEventSource   = "event_source"
	keyEventName     = "event_name"
	keyEventStatus   = "event_status"
	keySeverity      = "severity"
	keyEventSummary  = "event_summary"
	keyXDREvent      = "xdr_event"
	keyRelated       = "related"

	alertSource       = "microsoft_365"
	displayNamePrefix = "Microsoft 365: "
	userEntity        = "User" // EntityType of a user
)

// alertStatuses are the words for Microsoft's states of an alert; any other is new.
var alertStatuses = [...]struct{ theirs, ours string }{
	{"investigating", "In Progress"},
	{"resolved", "Closed"},
	{"dismissed", "Closed"},
}

const statusNew = "New"

// interflowAlert writes a merged alert.
func (n *Normalizer) interflowAlert(a *MergedAlert) {
	n.times()
	n.alertIdentity(a)
	n.layer.member(keyAlertTime, intNode(n.when.created.UnixMilli()))
	n.alertFields(a)
	n.office365()
}

// alertIdentity writes what makes a merged alert: which it is, and its entities.
func (n *Normalizer) alertIdentity(a *MergedAlert) {
	l := &n.layer
	l.key(keyAlertUID)
	l.text([]byte(a.UID))
	l.member(keyAlertRevision, intNode(int64(a.Revision)))
	n.summary(a)
}

// alertFields writes what the Interflow layer has on alerts alone.
func (n *Normalizer) alertFields(a *MergedAlert) {
	l := &n.layer
	n.member(keyOriginalID, fieldID)
	l.word(keyEventSource, alertSource)
	n.member(keyEventName, fieldName)
	l.word(keyEventStatus, n.status())
	if score, ok := severityScore(n.fieldText(fieldSeverity)); ok {
		l.member(keySeverity, intNode(score))
	}

	l.key(keyEvent)
	l.open()
	n.member("id", fieldID)
	n.code()
	n.member("action", fieldOperation)
	n.member("category", fieldCategory)
	n.member("severity_str", fieldSeverity)
	l.shut()

	n.xdrEvent()
	who, users := n.aboutWhom(a)
	n.user(who, Node{})
	l.key(keyRule)
	l.open()
	n.member("id", fieldPolicyID)
	n.member("name", fieldName)
	l.shut()
	n.related(a, users)
}

// status returns the state of the alert in Interflow's words.
func (n *Normalizer) status() string {
	var room [foldRoom]byte
	status := fold(&room, n.fieldText(fieldStatus))
	for _, s := range alertStatuses {
		if s.theirs == string(status) {
			return s.ours
		}
	}
	return statusNew
}

// summary writes event_summary. Its lists stand there even when they are empty:
// one mapping fits all.
func (n *Normalizer) summary(a *MergedAlert) {
	l := &n.layer
	l.key(keyEventSummary)
	l.open()
	n.summaryMembers(a)
	l.close()
}

// summaryMembers writes the entities: two lists that go side by side, and one of
// objects.
func (n *Normalizer) summaryMembers(a *MergedAlert) {
	l := &n.layer
	n.entityList("AlertEntityId", a, func(e Entity) { l.text([]byte(e.ID)) })
	n.entityList("EntityType", a, func(e Entity) { l.text([]byte(e.Type)) })
	n.entityList("alert_entity_list", a, func(e Entity) {
		l.open()
		l.key("entity_type")
		l.text([]byte(e.Type))
		l.key("alert_entity_id")
		l.text([]byte(e.ID))
		l.close()
	})
	l.member("alert_entity_count", intNode(int64(a.Count)))
	l.member("alert_entity_truncated", boolNode(a.Truncated))
}

func (n *Normalizer) entityList(name string, a *MergedAlert, write func(Entity)) {
	l := &n.layer
	l.key(name)
	l.list()
	for _, e := range a.Entities {
		l.item()
		write(e)
	}
	l.close()
}

// xdrEvent writes what people read. Tactic and technique are the platform's
// judgment.
func (n *Normalizer) xdrEvent() {
	l := &n.layer
	l.key(keyXDREvent)
	l.open()
	if name := n.fieldText(fieldName); len(name) > 0 {
		l.key("display_name")
		l.text(append([]byte(displayNamePrefix), name...))
	}
	if d, ok := n.parseInner(n.fieldText(fieldData)); ok {
		if v, ok := n.scalar(&d, d.lookup(0, "ad")); ok {
			l.member("description", v)
		}
	}
	l.shut()
}

// aboutWhom returns the user that the alert is about, the affected user of Data or
// the only user among the entities, and all users known.
func (n *Normalizer) aboutWhom(a *MergedAlert) (who person, users []string) {
	users = make([]string, 0, len(a.Entities)+1)
	for _, e := range a.Entities {
		if strings.EqualFold(e.Type, userEntity) {
			users = append(users, e.ID)
		}
	}
	if who, ok := n.affected(); ok {
		return who, append(users, string(n.str(who.upn)))
	}
	if len(users) == 1 && !a.Truncated {
		quoted := appendQuoted([]byte{'['}, []byte(users[0]))
		if d, ok := n.parseInner(append(quoted, ']')); ok {
			who, _ = n.person(&d, 1)
		}
	}
	return who, users
}

// affected returns the affected user that Data names.
func (n *Normalizer) affected() (person, bool) {
	d, ok := n.parseInner(n.fieldText(fieldData))
	if !ok {
		return person{}, false
	}
	return n.person(&d, d.lookup(0, "f3u"))
}

// related writes the records and users that belong to the alert. An address is
// one in any letter case, shown as it came first.
func (n *Normalizer) related(a *MergedAlert, users []string) {
	slices.SortFunc(users, func(a, b string) int {
		if c := strings.Compare(strings.ToLower(a), strings.ToLower(b)); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
	users = slices.CompactFunc(users, strings.EqualFold)
	l := &n.layer
	l.key(keyRelated)
	l.open()
	n.stringList("record_ids", a.RecordIDs)
	n.stringList("user", users)
	l.shut()
}

func (n *Normalizer) stringList(name string, values []string) {
	l := &n.layer
	l.key(name)
	l.list()
	for _, v := range values {
		l.item()
		l.text([]byte(v))
	}
	l.shut()
}
