package simulator

import (
	"cmp"
	"encoding/json"
	"time"
)

// policy is an alert policy; all alerts of one share the first half of their
// AlertIds, as those of one tenant do.
type policy struct {
	name, id, category, severity, operation, description string
}

var (
	forwardingPolicy = policy{
		"Creation of forwarding/redirect rule", "d59a8fd4-1272-41ee-9408-86f7bcf72479", "ThreatManagement", "Informational", "MailRedirect",
		"This alert is triggered when someone in your organization sets up auto-forwarding, email forwarding, redirect rule or a mail flow rule -V1.0.0.5",
	}
	malwarePolicy = policy{ // the name ends in a zero-width space, as one was seen to
		"Email messages containing malware removed after delivery\u200b", "a74bb32a-541b-47fb-adfd-f8c62ce3d59b", "ThreatManagement", "Informational", "MalwareZap",
		"Emails containing malware were removed after delivery -V1.0.0.3",
	}
	quietPolicy = policy{
		"Elevation of Exchange admin privilege", "dd6c69e9-cdc2-4ed5-b5f0-c1c2d4f0f7a5", "AccessGovernance", "Low", "GrantAdminPermission",
		"Someone became an Exchange admin or got new Exchange admin permissions -V1.0.0.2",
	}
)

// alert is one alert of the generator, the same in each of its records.
type alert struct {
	policy
	id           string
	first, other user
}

// alert makes the alert that the record of this round belongs to.
func (d *draft) alert(p policy, stream uint64) alert {
	r := newRandom(d.key, stream, d.round)
	high := mix(hashText(p.id)^hashText(d.g.tenant))&^0xf000 | 0x1000
	a := alert{policy: p, id: string(appendGUID(nil, high, r.next()))}
	at := r.intn(len(d.g.users))
	a.first = d.g.users[at]
	a.other = d.g.users[(at+1+r.intn(len(d.g.users)-1))%len(d.g.users)]
	return a
}

// security writes what all records of an alert have, up to Comments.
func (d *draft) security(a alert, operation, object, comments string) {
	d.head(head{
		operation: operation, result: "Succeeded", userKey: "SecurityComplianceAlerts", userType: 4, recordType: 40,
		workload: "SecurityComplianceCenter", object: object, user: "SecurityComplianceAlerts",
	})
	d.str("AlertId", a.id)
	d.raw("AlertLinks", `[{"AlertLinkHref":""}]`)
	d.strs("AlertType", "System", "Category", a.category, "Comments", comments)
}

func (d *draft) securityEnd(a alert, status string) {
	d.strs("Name", a.name, "PolicyId", a.policy.id, "Severity", a.severity, "Source", "Office 365 Security & Compliance", "Status", status)
}

const ticksLayout = "2006-01-02T15:04:05.0000000Z"

func (d *draft) trigger(a alert, count string) {
	d.security(a, "AlertTriggered", a.id, "New alert")
	end := d.at.Add(-90 * time.Second).Truncate(time.Minute)
	d.text("Data", func() {
		d.strs("f3u", a.first.upn, "ts", end.Add(-time.Minute).Format(ticksLayout), "te", end.Format(ticksLayout), "op", a.operation, "wl", "Exchange",
			"tid", d.g.tenant, "tdc", count, "reid", d.stableGUID("cause", d.round), "rid", d.stableGUID("rule "+a.policy.id, 0), "cid", a.policy.id,
			"ad", a.description, "lon", a.operation, "an", a.name, "sev", a.severity)
	})
	d.securityEnd(a, "Active")
}

func (d *draft) entity(a alert, kind, id, object string) {
	d.security(a, "AlertEntityGenerated", object, "New alert")
	d.text("Data", func() {
		event := d.at.Add(-2 * time.Minute).Truncate(time.Second).Format(ticksLayout)
		d.strs("etype", kind, "eid", object, "tid", d.g.tenant, "ts", event, "te", event, "op", a.operation, "tdc", "1", "suid", a.first.upn, "ut", "Admin", "lon", a.operation)
	})
	d.strs("AlertEntityId", id, "EntityType", kind)
	d.securityEnd(a, "Active")
}

const (
	forwardingStream = 11
	malwareStream    = 12
	quietStream      = 13
)

func forwardingAlert(d *draft) { d.trigger(d.alert(forwardingPolicy, forwardingStream), "2") }

func forwardingEntity(d *draft) {
	a := d.alert(forwardingPolicy, forwardingStream)
	d.entity(a, "User", a.first.upn, a.first.upn)
}

func forwardingSecondEntity(d *draft) {
	a := d.alert(forwardingPolicy, forwardingStream)
	d.entity(a, "User", a.other.upn, a.other.upn)
}

func forwardingUpdate(d *draft) {
	a := d.alert(forwardingPolicy, forwardingStream)
	d.security(a, "AlertUpdated", a.id, "geprüft: benign")
	d.str("Data", "")
	d.securityEnd(a, "Resolved")
}

func malwareAlert(d *draft) { d.trigger(d.alert(malwarePolicy, malwareStream), "1") }

// malwareEntity has an id of message GUID, number and place.
func malwareEntity(d *draft) {
	a := d.alert(malwarePolicy, malwareStream)
	id := d.stableGUID("message", d.round) + "-10446744073709551615-1"
	d.entity(a, "MalwareFamily", id, id)
}

func lonelyAlert(d *draft) { d.trigger(d.alert(quietPolicy, quietStream), "1") }

// cloudAppAlert comes from Defender for Cloud Apps: no entities, a Z at the
// time, Id first, no Version.
func cloudAppAlert(d *draft) {
	u := d.user()
	id := hexID(d)
	d.strs("Id", string(d.id), "CreationTime", d.at.Format(secondLayout)+"Z", "Operation", "AlertTriggered", "OrganizationId", d.g.tenant)
	d.num("RecordType", 40)
	d.strs("ResultStatus", "Succeeded", "UserKey", "SecurityComplianceAlerts")
	d.num("UserType", 4)
	d.strs("Workload", "SecurityComplianceCenter", "ObjectId", d.newGUID(), "UserId", "SecurityComplianceAlerts", "AlertId", d.newGUID())
	d.raw("AlertLinks", "[]")
	d.strs("AlertType", "Custom", "Category", "ThreatManagement", "Comments", "New alert")
	d.text("Data", func() {
		d.strs("ts", d.at.Format("2006-01-02 15:04:05Z"), "te", d.at.Format("2006-01-02 15:04:05Z"), "an", "Activity from infrequent country", "ad", "Aktivität aus einem seltenen Land", "f3u", u.upn,
			"alk", "https://portal.cloudappsecurity.example/#/alerts/"+id, "plk", "https://portal.cloudappsecurity.example/#/policy", "mat", "MCAS_ALERT_ANUBIS_DETECTION_NEW_COUNTRY")
	})
	d.strs("Name", "Activity from infrequent country", "PolicyId", "0f41d6f4-4d3d-4d4b-8d2f-9bb4c0b0d001", "Severity", "Medium", "Source", "Cloud App Security", "Status", "Active")
}

// Alert describes an alert whose records a test puts together itself: which
// entities, in which contents, how late.
type Alert struct {
	ID       string // AlertId; required
	Name     string // "Creation of forwarding/redirect rule"
	Severity string // Informational
	Status   string // Active
	Source   string // Office 365 Security & Compliance
	User     string // Data.f3u
}

// Trigger returns the alert's AlertTriggered record of the instant at.
func (s *Simulator) Trigger(a Alert, at time.Time) json.RawMessage {
	return s.alertRecord(a, "AlertTriggered", at, nil, map[string]string{"ObjectId": a.ID})
}

// Entity returns one AlertEntityGenerated record of the alert.
func (s *Simulator) Entity(a Alert, entityType, entityID string, at time.Time) json.RawMessage {
	data := map[string]string{"etype": entityType, "eid": entityID}
	return s.alertRecord(a, "AlertEntityGenerated", at, data, map[string]string{
		"ObjectId": entityID, "AlertEntityId": entityID, "EntityType": entityType,
	})
}

// Update returns an AlertUpdated record of the alert.
func (s *Simulator) Update(a Alert, status, comments string, at time.Time) json.RawMessage {
	a.Status = status
	return s.alertRecord(a, "AlertUpdated", at, nil, map[string]string{"ObjectId": a.ID, "Comments": comments})
}

// alertRecord words a record; its Id depends on all that is in it.
func (s *Simulator) alertRecord(a Alert, operation string, at time.Time, data, more map[string]string) json.RawMessage {
	tenant := s.records.tenant
	if data == nil {
		data = map[string]string{"f3u": a.User, "ts": at.Format(ticksLayout), "te": at.Format(ticksLayout), "tid": tenant, "sev": a.Severity}
	}
	record := map[string]any{
		"CreationTime": at.UTC().Format(secondLayout), "Operation": operation, "OrganizationId": tenant,
		"RecordType": 40, "ResultStatus": "Succeeded", "UserKey": "SecurityComplianceAlerts", "UserType": 4, "Version": 1,
		"Workload": "SecurityComplianceCenter", "UserId": "SecurityComplianceAlerts", "AlertId": a.ID,
		"AlertLinks": []map[string]string{{"AlertLinkHref": ""}}, "AlertType": "System", "Category": "ThreatManagement",
		"Comments": "New alert", "Data": string(jsonReply(0, data).body), "PolicyId": forwardingPolicy.id,
		"Name":     cmp.Or(a.Name, forwardingPolicy.name),
		"Severity": cmp.Or(a.Severity, "Informational"), "Status": cmp.Or(a.Status, "Active"),
		"Source": cmp.Or(a.Source, "Office 365 Security & Compliance"),
	}
	for key, value := range more {
		record[key] = value
	}
	high := hashText(string(jsonReply(0, record).body))&^0xf000 | 0x4000
	record["Id"] = string(appendGUID(nil, high, ticksOf(at)))
	return jsonReply(0, record).body
}
