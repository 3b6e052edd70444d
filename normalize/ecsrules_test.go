package normalize_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"office365/normalize"
)

// event makes an event of ECS of a record.
func event(t *testing.T, text string) map[string]any {
	t.Helper()
	return object(t, text, normalize.Options{TenantName: "contoso-prod", Format: normalize.FormatECS})
}

// TestAFileIsNamedByItsPathWhereNothingElseDoes has labels and what Information
// Protection tells of files, which have their file as ObjectId alone.
func TestAFileIsNamedByItsPathWhereNothingElseDoes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]map[string]any{
		`{"RecordType":94,"Operation":"SensitivityLabelApplied","ObjectId":"\\\\files01\\finance\\plan.docx"}`: {
			"file.name": "plan.docx", "file.directory": `\\files01\finance`,
		},
		`{"RecordType":83,"Operation":"SensitivityLabelApplied","ObjectId":"C:\\plan.docx"}`: {"file.name": "plan.docx", "file.directory": "C:"},
		`{"RecordType":286,"Operation":"ApplyRecordLabel","ObjectId":"https://contoso.example/Documents/plan.docx"}`: {
			"file.name": "plan.docx", "url.original": "https://contoso.example/Documents/plan.docx",
		},
		`{"RecordType":100,"Operation":"DlpRuleMatch","FileExtension":"xlsx","ObjectId":"http://intranet.example/finance/cards.xlsx"}`: {
			"file.name": "cards.xlsx", "file.extension": "xlsx", "url.original": "http://intranet.example/finance/cards.xlsx",
		},
		`{"RecordType":32,"Operation":"StreamInvokeVideoView","ObjectId":"d3ad1a09-6b6c-551d-bea2-2fa0bd8499e0"}`: {},
		`{"RecordType":13,"Operation":"DlpRuleMatch","ObjectId":"<a/b@c.example>","ExchangeMetaData":{}}`:         {},
		`{"RecordType":4,"Operation":"PageViewed","ObjectId":"https://contoso.example/Home.aspx"}`:                {"url.original": "https://contoso.example/Home.aspx"},
	} {
		assert.Equal(t, want, pick(event(t, text), "file.name", "file.directory", "file.extension", "url.original"), text)
	}
}

// TestEverybodyConcernedIsRelated has senders and recipients.
func TestEverybodyConcernedIsRelated(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]any{
		`{"RecordType":13,"Operation":"DlpRuleMatch","UserId":"a@b.example","ExchangeMetaData":{"From":"a@b.example","To":["x@c.example"],"CC":["y@c.example"],"BCC":["z@c.example"]}}`: list(
			"a@b.example", "x@c.example", "y@c.example", "z@c.example"),
		`{"RecordType":28,"Operation":"TIMailData","InternetMessageId":"1","P1Sender":"p1@c.example","P2Sender":"p2@c.example","Recipients":["a@b.example"]}`: list(
			"p2@c.example", "a@b.example", "p1@c.example"),
	} {
		assert.Equal(t, want, dig(event(t, text), "related.user"), text)
	}
}

// TestAnAccessThatWasDeniedFailed in both formats.
func TestAnAccessThatWasDeniedFailed(t *testing.T) {
	t.Parallel()
	const text = `{"RecordType":95,"Operation":"AccessDenied","UserId":"a@b.example","ObjectId":"C:\\plan.docx"}`
	assert.Equal(t, "failure", dig(event(t, text), "event.outcome"))
	assert.Equal(t, map[string]any{"type_uid": json.Number("600614"), "status": "Failure"}, pick(object(t, text, ocsfOptions), "type_uid", "status"))
	assert.Equal(t, list("change"), dig(event(t, `{"RecordType":51,"Operation":"Listed"}`), "event.type"), "no access either")
}

// TestASignOutEndsASession has the operations that are one.
func TestASignOutEndsASession(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"UserLoggedOff", "UserLoggedOut"} {
		assert.Equal(t, list("end"), dig(event(t, `{"RecordType":15,"Operation":"`+operation+`"}`), "event.type"), operation)
	}
}

// TestADetectionSaysWhatItIs has alerts of Defender, which have a Title or a
// RuleName in place of a Name, and their severity perhaps as RiskLevel.
func TestADetectionSaysWhatItIs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]map[string]any{
		`{"RecordType":98,"Operation":"MCAS_ALERT_X","Title":"Mass download","Description":"by one user","Severity":"High","Url":"https://portal.example/#/alerts/1"}`: {
			"message": "Mass download", "rule.name": "Mass download", "rule.description": "by one user", "rule.reference": "https://portal.example/#/alerts/1",
			"event.severity": json.Number("4"),
		},
		`{"RecordType":113,"Operation":"CustomDetectionMatched","RuleName":"Odd PowerShell"}`: {"message": "Odd PowerShell", "rule.name": "Odd PowerShell"},
		`{"RecordType":294,"Operation":"UserRiskDetection","RiskLevel":"medium"}`:             {"event.severity": json.Number("3")},
		`{"RecordType":41,"Operation":"TIUrlClickData","Url":"https://bad.example/x","UserIp":"203.0.113.41"}`: {
			"url.original": "https://bad.example/x", "source.ip": "203.0.113.41", "related.ip": list("203.0.113.41"),
		},
	} {
		assert.Equal(t, want, pick(event(t, text), "message", "rule.name", "rule.description", "rule.reference", "event.severity", "url.original",
			"source.ip", "related.ip"), text)
	}
}

// TestAChangeOfTheDirectorySaysOfWhatAndWhom has groups, which ObjectId does not
// name, and those who became owners of something.
func TestAChangeOfTheDirectorySaysOfWhatAndWhom(t *testing.T) {
	t.Parallel()
	const target = `"Target":[{"ID":"Group_58b71bc7-14ea-50bd-8d40-159966c515a1","Type":2},{"ID":"58b71bc7-14ea-50bd-8d40-159966c515a1","Type":2},` +
		`{"ID":"Group","Type":2},{"ID":"Finance","Type":1}]`
	for _, operation := range []string{"Add group.", "Update group.", "Delete group.", "Hard Delete group.", "Restore group."} {
		e := event(t, `{"RecordType":8,"Operation":"`+operation+`","ObjectId":"Not Available","UserId":"ada@b.example",`+target+`}`)
		assert.Equal(t, map[string]any{"group.id": "58b71bc7-14ea-50bd-8d40-159966c515a1", "group.name": "Finance"},
			pick(e, "group.id", "group.name", "user.target.id"), operation)
	}
	member := event(t, `{"RecordType":8,"Operation":"Add member to role.","ObjectId":"bob@b.example","UserId":"ada@b.example","Target":[{"ID":"bob@b.example","Type":5}]}`)
	assert.Nil(t, dig(member, "group"), "a member is no group")

	for _, operation := range []string{"Add registered owner to device.", "Remove registered users from device.", "Add owner to service principal."} {
		e := event(t, `{"RecordType":8,"Operation":"`+operation+`","ObjectId":"bob@b.example","UserId":"ada@b.example"}`)
		assert.Equal(t, map[string]any{"event.type": list("admin", "change"), "user.target.id": "bob@b.example", "related.user": list("ada@b.example", "bob@b.example")},
			pick(e, "event.type", "user.target.id", "related.user"), operation)
	}
	for _, operation := range []string{"Add service principal credentials.", "Remove app role assignment from service principal."} {
		e := event(t, `{"RecordType":8,"Operation":"`+operation+`","ObjectId":"72522f1c-acd0-5b24-b6a7-0c3c7d208b83","UserId":"ada@b.example"}`)
		assert.Equal(t, map[string]any{"event.type": list("admin", "change")}, pick(e, "event.type", "user.target.id"), operation)
	}
}

// TestTheFaultsOfTheWellKnownMappingAreNotRepeated has those that can be seen in
// its expected outputs.
func TestTheFaultsOfTheWellKnownMappingAreNotRepeated(t *testing.T) {
	t.Parallel()
	alert := func(more string) map[string]any {
		return event(t, `{"RecordType":40,"Operation":"AlertEntityGenerated","UserId":"SecurityComplianceAlerts","AlertId":"a",`+more+`}`)
	}
	for severity, want := range map[string]any{
		"Informational": json.Number("1"), "Low": json.Number("2"), "MEDIUM": json.Number("3"), "high": json.Number("4"), "Severe": nil, "": nil,
	} {
		assert.Equal(t, want, dig(alert(`"Severity":"`+severity+`"`), "event.severity"), "1: %s", severity)
	}
	for category, want := range map[string]string{
		"AccessGovernance": "iam", "DataGovernance": "file", "DataLossPrevention": "file", "InsiderRiskManagement": "intrusion_detection",
		"mailflow": "email", "ThreatManagement": "intrusion_detection", "Other": "intrusion_detection", "": "intrusion_detection",
	} {
		assert.Equal(t, list(want), dig(alert(`"Category":"`+category+`"`), "event.category"), "2: %s", category)
	}

	user := alert(`"EntityType":"User","AlertEntityId":"alice@contoso.example"`)
	assert.Equal(t, map[string]any{
		"user.id": "alice@contoso.example", "user.email": "alice@contoso.example", "user.name": "alice", "user.domain": "contoso.example",
		"related.user": list("alice@contoso.example"), "rule.ruleset": "User", "rule.description": "alice@contoso.example",
	}, pick(user, "user.id", "user.email", "user.name", "user.domain", "related.user", "rule.ruleset", "rule.description", "threat"), "3")
	link := alert(`"EntityType":"MaliciousUrl","AlertEntityId":"https://bad.example/x"`)
	assert.Equal(t, map[string]any{
		"user.id": "SecurityComplianceAlerts", "threat.indicator.type": "url", "threat.indicator.url.original": "https://bad.example/x",
	}, pick(link, "user.id", "user.email", "threat.indicator.type", "threat.indicator.url.original"), "3")
	sender := alert(`"EntityType":"Sender","AlertEntityId":"eve@bad.example"`)
	assert.Equal(t, "eve@bad.example", dig(sender, "threat.indicator.email.address"), "3")
	malware := alert(`"EntityType":"MalwareFamily","AlertEntityId":"Emotet"`)
	assert.Equal(t, "Emotet", dig(malware, "threat.software.name"), "3")

	for text, want := range map[string]any{
		`{"RecordType":15,"Operation":"UserLoginFailed","ResultStatus":"Success","LogonError":"InvalidUserNameOrPassword"}`: "failure",
		`{"RecordType":15,"Operation":"UserLoggedIn","ResultStatus":"Success","ErrorNumber":"50140"}`:                       "success",
		`{"RecordType":8,"Operation":"Add user.","ResultStatus":"Failure"}`:                                                 "failure",
		`{"RecordType":8,"Operation":"Add user.","ResultStatus":"InProgress"}`:                                              nil,
		`{"RecordType":8,"Operation":"Add user."}`:                                                                          nil,
	} {
		assert.Equal(t, want, dig(event(t, text), "event.outcome"), "4: %s", text)
	}
}

func TestAnOperationHasItsCategoryTypeAndAction(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		`8 Add user.`:                        "event iam creation+user added-user-account",
		`8 ADD USER.`:                        "event iam creation+user added-user-account",
		`8 Add user`:                         "event iam creation+user added-user-account",
		`8 Delete group.`:                    "event iam deletion+group deleted-group-account",
		`8 Remove app from something.`:       "event iam admin+deletion Remove app from something.",
		`8 Something else`:                   "event iam admin Something else",
		`15 UserLoggedIn`:                    "event authentication start UserLoggedIn",
		`6 FileDeletedSecondStageRecycleBin`: "event file deletion FileDeletedSecondStageRecycleBin",
		`6 FileInventedTomorrow`:             "event file info FileInventedTomorrow",
		`6 FileMalwareDetected`:              "alert file+malware info FileMalwareDetected",
		`4 ComplianceSettingChanged`:         "event configuration change ComplianceSettingChanged",
		`25 TeamCreated`:                     "event iam creation+group added-group-account-to",
		`25 MemberAdded`:                     "event iam change+group added-users-to-group",
		`1 New-InboxRule`:                    "event configuration creation New-InboxRule",
		`18 Get-ComplianceSearch`:            "event configuration access Get-ComplianceSearch",
		`1 Enable-TransportRule`:             "event configuration change Enable-TransportRule",
		`1 Remove-Something`:                 "event configuration deletion Remove-Something",
		`87 GetRoleGroup`:                    "event iam admin GetRoleGroup",
		`101 Get-Something`:                  "event email info Get-Something",
		`2 HardDelete`:                       "event email info HardDelete",
		`13 DlpRuleMatch`:                    "alert file access DlpRuleMatch",
		`63 FilePrinted`:                     "event file access FilePrinted",
		`64 AirInvestigationData`:            "alert intrusion_detection info AirInvestigationData",
		`295 AuditSearchCreated`:             "event api creation AuditSearchCreated",
		`357 `:                               "event api info <nil>",
		`117 AppGovernanceAlert`:             "event <nil> <nil> AppGovernanceAlert",
		`99999 FileDownloaded`:               "event <nil> <nil> FileDownloaded",
		`-1 UserLoginFailed`:                 "event authentication start UserLoginFailed",
	} {
		recordType, operation, _ := strings.Cut(key, " ")
		e := event(t, `{"RecordType":`+recordType+`,"Operation":"`+operation+`"}`)
		words := func(path string) string {
			var all []string
			items, ok := dig(e, path).([]any)
			for _, item := range items {
				word, _ := item.(string)
				all = append(all, word)
			}
			if !ok {
				return "<nil>"
			}
			return strings.Join(all, "+")
		}
		action, ok := dig(e, "event.action").(string)
		if !ok {
			action = "<nil>"
		}
		kind, _ := dig(e, "event.kind").(string)
		assert.Equal(t, want, strings.Join([]string{kind, words("event.category"), words("event.type"), action}, " "), key)
	}
}

func TestTheActorIsAPersonWhereOneIsKnown(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text string
		want map[string]any
	}{
		"by address":     {`{"UserId":"Alice@contoso.example"}`, map[string]any{"user.id": "Alice@contoso.example", "user.email": "Alice@contoso.example"}},
		"a service":      {`{"UserId":"NT AUTHORITY\\SYSTEM (x)"}`, map[string]any{"user.id": `NT AUTHORITY\SYSTEM (x)`}},
		"two at signs":   {`{"UserId":"a@b@c"}`, map[string]any{"user.id": "a@b@c"}},
		"a number":       {`{"UserId":12}`, map[string]any{"user.id": "12"}},
		"of SharePoint":  {`{"UserId":"i:0#.f|membership|a@x.example"}`, map[string]any{"user.id": "i:0#.f|membership|a@x.example", "user.email": "a@x.example"}},
		"the sender":     {`{"RecordType":11,"UserId":"DlpAgent","SharePointMetaData":{"From":"a@x.example"}}`, map[string]any{"user.id": "a@x.example", "user.email": "a@x.example"}},
		"the owner":      {`{"RecordType":2,"UserId":"S-1-5-18","LogonType":0,"MailboxOwnerUPN":"a@x.example"}`, map[string]any{"user.id": "S-1-5-18", "user.email": "a@x.example"}},
		"the owner, SID": {`{"RecordType":2,"LogonUserSid":"S-1-5-21-1","LogonUserDisplayName":"Alice","MailboxOwnerUPN":"a@x.example"}`, map[string]any{"user.id": "S-1-5-21-1", "user.email": "a@x.example", "user.full_name": "Alice", "user.target.email": nil}},
		"a delegate": {`{"RecordType":2,"UserId":"b@x.example","LogonType":2,"MailboxOwnerUPN":"a@x.example"}`, map[string]any{
			"user.id": "b@x.example", "user.email": "b@x.example", "user.target.id": "a@x.example", "user.target.email": "a@x.example",
		}},
		"an administrator": {`{"RecordType":2,"UserId":"S-1-5-18","LogonType":1,"MailboxOwnerUPN":"a@x.example"}`, map[string]any{
			"user.id": "S-1-5-18", "user.target.id": "a@x.example", "user.target.email": "a@x.example",
		}},
		"with a target": {`{"RecordType":8,"Operation":"Add user.","UserId":"b@x.example","ObjectId":"a@x.example"}`, map[string]any{
			"user.id": "b@x.example", "user.email": "b@x.example", "user.target.id": "a@x.example", "user.target.email": "a@x.example",
		}},
		"with no target": {`{"RecordType":8,"Operation":"Add user.","UserId":"b@x.example","ObjectId":"Not Available"}`, map[string]any{
			"user.id": "b@x.example", "user.email": "b@x.example",
		}},
		"who shares": {`{"RecordType":14,"Operation":"SharingSet","UserId":"b@x.example","TargetUserOrGroupType":"Guest","TargetUserOrGroupName":"urn:spo:guest#c@y.example"}`, map[string]any{
			"user.id": "b@x.example", "user.email": "b@x.example", "user.target.id": "urn:spo:guest#c@y.example", "user.target.email": "c@y.example",
		}},
		"who shares with many": {`{"RecordType":14,"Operation":"SharingSet","UserId":"b@x.example","TargetUserOrGroupType":"SecurityGroup","TargetUserOrGroupName":"All"}`, map[string]any{
			"user.id": "b@x.example", "user.email": "b@x.example", "group.name": "All",
		}},
		"who changes a group": {`{"RecordType":8,"Operation":"Remove member from group.","ObjectId":"a@x.example","ModifiedProperties":[7,{"Name":1},{"Name":"Group.ObjectID","NewValue":"","OldValue":"g-1"},{"Name":"Group.DisplayName","NewValue":"Sales"}]}`, map[string]any{
			"user.target.id": "a@x.example", "user.target.email": "a@x.example", "group.id": "g-1", "group.name": "Sales",
		}},
		"of an alert": {`{"RecordType":40,"UserId":"SecurityComplianceAlerts","Data":"{\"f3u\":\"a@x.example\",\"suid\":\"b@x.example\",\"trc\":\"c@x.example; A@x.example\"}"}`, map[string]any{
			"user.id": "a@x.example", "user.email": "a@x.example", "related.user": list("a@x.example", "b@x.example", "c@x.example"),
		}},
		"of no alert": {`{"RecordType":40,"UserId":"SecurityComplianceAlerts","Data":"{"}`, map[string]any{"user.id": "SecurityComplianceAlerts"}},
	} {
		for path, value := range tt.want {
			if value == nil {
				delete(tt.want, path)
			}
		}
		paths := []string{"user.id", "user.email", "user.full_name", "user.target.id", "user.target.email", "group.id", "group.name"}
		if tt.want["related.user"] != nil {
			paths = append(paths, "related.user")
		}
		assert.Equal(t, tt.want, pick(event(t, tt.text), paths...), name)
	}
}

func TestClientAndServerHaveAddressesOfTheirTypes(t *testing.T) {
	t.Parallel()
	paths := []string{
		"client.address", "client.ip", "client.port", "client.domain", "source.ip", "source.port", "network.type", "server.address",
		"server.domain", "server.ip", "destination.ip", "related.ip",
	}
	for text, want := range map[string]map[string]any{
		`{"ClientIP":"203.0.113.4:5"}`: {
			"client.address": "203.0.113.4", "client.ip": "203.0.113.4", "client.port": json.Number("5"), "source.ip": "203.0.113.4",
			"source.port": json.Number("5"), "network.type": "ipv4", "related.ip": list("203.0.113.4"),
		},
		`{"ClientIP":"[2001:db8::1]:5"}`: {
			"client.address": "2001:db8::1", "client.ip": "2001:db8::1", "client.port": json.Number("5"), "source.ip": "2001:db8::1",
			"source.port": json.Number("5"), "network.type": "ipv6", "related.ip": list("2001:db8::1"),
		},
		`{"ClientIP":"::ffff:10.0.0.1"}`: {
			"client.address": "10.0.0.1", "client.ip": "10.0.0.1", "source.ip": "10.0.0.1", "network.type": "ipv4", "related.ip": list("10.0.0.1"),
		},
		`{"ClientIP":"host.example"}`: {"client.address": "host.example", "client.domain": "host.example"},
		`{"ClientIP":"no address"}`:   {},
		`{"OriginatingServer":"AM0PR01MB1234 (15.20.4200.000)\r\n"}`: {
			"server.address": "AM0PR01MB1234", "server.domain": "AM0PR01MB1234",
		},
		`{"OriginatingServer":"am0 (203.0.113.9)"}`: {
			"server.address": "203.0.113.9", "server.domain": "am0", "server.ip": "203.0.113.9", "destination.ip": "203.0.113.9",
			"related.ip": list("203.0.113.9"),
		},
		`{"OriginatingServer":"am0.example"}`: {"server.address": "am0.example", "server.domain": "am0.example"},
	} {
		assert.Equal(t, want, pick(event(t, text), paths...), text)
	}
}

func TestTimesOfEventsAreThoseOfTheRecordInUTC(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-03-02T10:16:31":         "2026-03-02T10:16:31.000Z",
		"2026-03-02T10:16:31.1239":    "2026-03-02T10:16:31.123Z",
		"2026-03-02T10:16:31+02:00":   "2026-03-02T08:16:31.000Z",
		"0001-01-01T00:00:00":         "0001-01-01T00:00:00.000Z",
		"9999-12-31T23:59:59.999":     "9999-12-31T23:59:59.999Z",
		"9999-12-31T23:59:59.9-12:00": "2026-03-02T12:00:00.000Z", // no year of four digits: the time of receipt
		"0000-01-01T00:00:00+12:00":   "2026-03-02T12:00:00.000Z",
	} {
		e := event(t, `{"CreationTime":"`+text+`"}`)
		assert.Equal(t, want, e["@timestamp"], text)
		assert.Equal(t, "2026-03-02T12:00:00.000Z", dig(e, "event.created"))
		assert.Nil(t, e["tags"])
	}
	e := event(t, `{"CreationTime":"yesterday"}`)
	assert.Equal(t, "2026-03-02T12:00:00.000Z", e["@timestamp"])
	assert.Equal(t, list("timestamp_fallback"), e["tags"])
}

func TestTheTextOfARecordComesWithRawOn(t *testing.T) {
	t.Parallel()
	const text = `{ "Id":"1","PolicyDetails":[{"DetectedValues":[{"Name":"4111"}]}]}`
	options := normalize.Options{Format: normalize.FormatECS, RawText: true}
	same := func(want string, e map[string]any) {
		t.Helper()
		got, _ := dig(e, "event.original").(string)
		assert.True(t, want == got, got) //nolint:testifylint // to the byte: JSONEq would let white space pass
	}
	same(text, object(t, text, options))
	options.Redact = true
	masked := object(t, text, options)
	same(`{"Id":"1","PolicyDetails":[{"DetectedValues":[{"Name":"[redacted]"}]}]}`, masked)
	assert.NotContains(t, string(mustJSON(t, masked)), "4111")
	options.RawText = false
	assert.Nil(t, dig(object(t, text, options), "event.original"))
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	assert.NoError(t, err)
	return text
}

func TestWhatNestsTooDeepBecomesTextWhereverItIs(t *testing.T) {
	t.Parallel()
	for levels := 1; levels <= normalize.MaxDepth+3; levels++ {
		for _, b := range [][2]string{{"[", "]"}, {`{"a":`, "}"}, {`[{"a":1,"a":`, "}]"}} {
			text := `{"Deep":` + strings.Repeat(b[0], levels) + `"x"` + strings.Repeat(b[1], levels) + `,"Id":"1"}`
			e := event(t, text)
			assert.LessOrEqual(t, depthOf(e), normalize.MaxDepth, text)
			assert.Contains(t, strings.ReplaceAll(string(mustJSON(t, dig(e, "o365.audit.Deep"))), `\`, ""), `"x"`)
			assert.Equal(t, "1", dig(e, "o365.audit.Id"))
		}
	}
}
