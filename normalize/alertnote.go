package normalize

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// alertKind is what an original of the alert family tells.
type alertKind uint8

const (
	noAlert     alertKind = iota
	alertNew              // AlertTriggered: a new alert
	alertEntity           // AlertEntityGenerated: an entity was added to an alert
	alertUpdate           // AlertUpdated: its status or comment has changed
)

// The names of the operations, in the spelling of Microsoft's documentation.
const (
	operationTriggered = "AlertTriggered"
	operationEntity    = "AlertEntityGenerated"
	operationUpdated   = "AlertUpdated"
)

// cloudAppSource is the Source of alerts that never get entities.
const cloudAppSource = "Cloud App Security"

// AlertNote is what one original of the alert family says to a Merger. It owns
// its memory, unlike the Record that it was taken from.
type AlertNote struct {
	kind     alertKind
	uid      string // see alertUID
	lone     bool   // a trigger without AlertId, which nothing can be merged with
	id       string
	created  time.Time // zero when CreationTime is no time
	entity   Entity
	cloudApp bool
	said     said
	text     string // the record as JSON
}

// Entity is whom or what an alert is about.
type Entity struct {
	Type, ID string
}

// said are the fields that the latest record about an alert decides: the JSON of
// each, empty where the record does not say.
type said [len(saidNames)]string

// saidNames are the names of these fields. Of an AlertUpdated only the first
// saidByUpdate count.
var saidNames = [...]string{"Status", "Severity", "Comments", "AlertLinks"}

const saidByUpdate = 3

// UID returns the name of the alert that n is about.
func (n AlertNote) UID() string { return n.uid }

// AlertNote returns what r says to a Merger; false when r is no original of the
// alert family, or one that nothing follows from.
func (r *Record) AlertNote() (AlertNote, bool) {
	kind := r.alertKind()
	if kind == noAlert {
		return AlertNote{}, false
	}
	alertID := r.member("AlertId")
	if alertID == "" && kind != alertNew {
		return AlertNote{}, false
	}
	n := AlertNote{
		kind:     kind,
		lone:     alertID == "",
		id:       r.fieldText(fieldID),
		entity:   Entity{Type: r.member("EntityType"), ID: r.member("AlertEntityId")},
		cloudApp: strings.EqualFold(r.member("Source"), cloudAppSource),
		text:     string(r.appendValue(nil, r.tape.nodes)),
	}
	if kind == alertEntity && n.entity.ID == "" {
		return AlertNote{}, false
	}
	if created, ok := parseTime([]byte(r.fieldText(fieldCreationTime))); ok {
		n.created = created
	}
	for i, name := range saidNames {
		n.said[i] = r.memberJSON(name)
	}
	n.uid = alertUID(r.fieldText(fieldOrganizationID), alertID, n)
	return n, true
}

// alertUID names an alert: OrganizationId and AlertId in lower case; the record's
// own Id where there is no AlertId, and a hash of the record where that is
// missing too.
func alertUID(organization, alertID string, n AlertNote) string {
	if alertID == "" {
		alertID = n.id
	}
	if alertID == "" {
		alertID = hashed(n.text)
	}
	return uidPart(organization) + "/" + uidPart(alertID)
}

// maxUIDPart keeps an alert_uid below the 512 bytes that Elasticsearch and
// OpenSearch allow a document id. Microsoft's are GUIDs of 36.
const maxUIDPart = 200

func uidPart(s string) string {
	if len(s) > maxUIDPart {
		return hashed(strings.ToLower(s))
	}
	return strings.ToLower(s)
}

func hashed(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// alertKind looks at the Operation, in any letter case: Microsoft's own case
// varies by workload.
func (r *Record) alertKind() alertKind {
	if r.tape == nil {
		return noAlert
	}
	i := r.tape.fields[fieldOperation]
	if i == 0 || r.tape.nodes[i].kind != String {
		return noAlert
	}
	operation := r.Text(r.tape.nodes[i])
	if len(operation) < len("Alert") || operation[0]|0x20 != 'a' { // most records end here
		return noAlert
	}
	switch {
	case bytes.EqualFold(operation, []byte(operationTriggered)):
		return alertNew
	case bytes.EqualFold(operation, []byte(operationEntity)):
		return alertEntity
	case bytes.EqualFold(operation, []byte(operationUpdated)):
		return alertUpdate
	default:
		return noAlert
	}
}

// member returns the text of a top-level field that is a string or a number.
func (r *Record) member(name string) string {
	if i := r.tape.lookup(r.texts[fromRaw], 0, name); i != 0 {
		return string(r.tape.appendText(nil, r.texts[fromRaw], r.tape.nodes[i]))
	}
	return ""
}

// memberJSON returns the JSON of a top-level field; nothing when it is absent or
// null.
func (r *Record) memberJSON(name string) string {
	i := r.tape.lookup(r.texts[fromRaw], 0, name)
	if i == 0 || r.tape.nodes[i].kind == Null {
		return ""
	}
	end := i + 1 + r.tape.nodes[i].span()
	return string(r.appendValue(nil, r.tape.nodes[i:end]))
}
