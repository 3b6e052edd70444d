package normalize_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"office365/normalize"
	"office365/tests/bench/corpus"
)

// ocsfOptions are settings of the format ocsf with a key of ours in every place.
var ocsfOptions = normalize.Options{
	Format: normalize.FormatOCSF, TenantName: "contoso-prod", TenantID: "emea", ConnectorName: "connector", IndexKey: "index", IndexEvents: "windows_events",
	IndexAlerts: "alerts",
}

// TestOCSFLosesNothing holds events against their records: an original field is in
// unmapped as it was, or all that it says stands in attributes.
func TestOCSFLosesNothing(t *testing.T) {
	t.Parallel()
	n := normalize.New(ocsfOptions)
	cases, err := filepath.Glob("testdata/*/*/in.json")
	require.NoError(t, err)
	records := 0
	blob := func(body []byte, ct normalize.ContentType) {
		split := normalize.NewSplitter(bytes.NewReader(body), 0)
		for ; ; records++ {
			raw, err := split.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			require.NoError(t, err)
			keptInOCSF(t, n, raw, ct)
		}
	}
	for _, path := range cases {
		body, err := os.ReadFile(path)
		require.NoError(t, err)
		blob(body, workloads[filepath.Base(filepath.Dir(filepath.Dir(path)))])
	}
	for _, r := range corpus.Records(11, 1500) {
		ct, ok := normalize.ParseContentType(r.ContentType)
		require.True(t, ok)
		blob(r.JSON, ct)
	}
	assert.Greater(t, records, 1500)
}

// TestOCSFLosesNothingOfAnyForm does the same over records whose fields hold
// anything, of all types that have rules.
func TestOCSFLosesNothingOfAnyForm(t *testing.T) {
	t.Parallel()
	n := normalize.New(ocsfOptions)
	fields, types := anyFields(), append(normalize.OCSFTypes(), 0, 1, 9999)
	operations := []any{
		"Add user.", "Add member to role.", "Add member to group.", "Add application.", "FileDownloaded", "AddedToGroup", "SiteCollectionAdminAdded", "Send",
		"TIMailData", "AlertTriggered", "AlertEntityGenerated", "AlertUpdated", "UserLoggedIn", "PageViewed", "MemberAdded", "FileMalwareDetected", 5, nil,
	}
	rapid.Check(t, func(t *rapid.T) {
		for range 8 {
			record := fields.Draw(t, "record")
			record["RecordType"] = rapid.SampledFrom(types).Draw(t, "type")
			record["Operation"] = rapid.SampledFrom(operations).Draw(t, "operation")
			text, err := json.Marshal(record)
			require.NoError(t, err)
			keptInOCSF(t, n, normalize.Raw{Bytes: text, Length: int64(len(text))}, normalize.AuditGeneral)
		}
	})
}

// keptInOCSF makes an event of a record and looks for all of it there.
func keptInOCSF(t require.TestingT, n *normalize.Normalizer, raw normalize.Raw, ct normalize.ContentType) {
	rec := n.Record(raw, normalize.Source{ContentType: ct, ContentID: "c"}, received)
	event := decoded(t, rec.AppendJSON(nil))
	require.Len(t, event, rec.Fields())
	if raw.Err != nil {
		require.NotEmpty(t, event["raw_data"])
		return
	}
	unmapped, _ := event["unmapped"].(map[string]any)
	displaced, _ := unmapped["office365"].(map[string]any)
	delete(event, "unmapped")
	texts := map[string]bool{}
	scalars(event, func(text string) { texts[text] = true })
	for key, value := range decoded(t, raw.Bytes) {
		rest, depth := unmapped, depthInOCSF(key)
		if isOurs(key) {
			rest = displaced
		}
		if got, ok := rest[key]; ok {
			want, shallow := wanted(value, depth)
			require.True(t, !shallow || equal(want, got), "%s: %v, not %v", key, got, want)
			continue
		}
		scalars(value, func(text string) { require.True(t, texts[text], "%s: %s is nowhere", key, text) })
	}
}

// isOurs reports whether we have a key of this name in unmapped.
func isOurs(key string) bool {
	return key == "index" || key == "tenantid" || key == "timestamp_fallback" || key == "office365" || key == "event_summary"
}

// depthInOCSF is that of the value of an original field: in unmapped, or, where
// its key is one of ours, in office365 there.
func depthInOCSF(key string) int {
	if isOurs(key) {
		return 4
	}
	return 3
}

// scalars runs over the texts of all values that hold no others.
func scalars(v any, each func(string)) {
	switch v := v.(type) {
	case map[string]any:
		for _, item := range v {
			scalars(item, each)
		}
	case []any:
		for _, item := range v {
			scalars(item, each)
		}
	case json.Number:
		if f, ok := wantedNumber(v).(float64); ok {
			each(strconv.FormatFloat(f, 'g', -1, 64))
			return
		}
		each(fmt.Sprint(wantedNumber(v)))
	case string:
		if f, err := strconv.ParseFloat(v, 64); err == nil && strings.ContainsAny(v, ".e") { // a float that became text
			each(strconv.FormatFloat(f, 'g', -1, 64))
		}
		each(v)
	default:
		each(fmt.Sprint(v))
	}
}

func TestOCSFClassFollowsTypeAndOperation(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		recordType      int
		operation       string
		class, activity int
	}{
		{15, "UserLoggedIn", 3002, 1},
		{15, "userloginFAILED", 3002, 1},
		{51, "Listed", 6003, 3},
		{51, "Delisted", 6003, 3},
		{9, "PasswordLogonInitialAuthUsingPassword", 3002, 1},
		{15, "Something new", 3002, 99},
		{8, "Add user.", 3001, 1},
		{8, "Delete user", 3001, 6},
		{8, "Restore user.", 3001, 99},
		{8, "Disable account.", 3001, 5},
		{8, "Reset user password.", 3001, 4},
		{8, "Change user password.", 3001, 3},
		{8, "Update user.", 3001, 99},
		{8, "Disable Strong Authentication.", 3001, 11},
		{8, "Add member to role.", 3005, 1},
		{8, "Remove member from role.", 3005, 2},
		{8, "Add group.", 3006, 6},
		{8, "Remove member from group.", 3006, 4},
		{8, "Consent to application.", 3004, 1},
		{8, "Add service principal.", 3004, 1},
		{8, "Update application – Certificates and secrets management ", 3004, 3},
		{8, "Set federation settings on domain.", 3004, 3},
		{8, "Delete device.", 3004, 4},
		{8, "Add registered owner to device.", 3004, 3},
		{6, "FileDownloaded", 6006, 2},
		{6, "FileSyncUploadedFull", 6006, 1},
		{6, "FileModifiedExtended", 6006, 3},
		{6, "FileDeletedFirstStageRecycleBin", 6006, 4},
		{6, "FileMalwareDetected", 2004, 1},
		{6, "FolderRenamed", 6006, 5},
		{6, "PageViewedExtended", 6001, 2},
		{14, "SharingSet", 6006, 12},
		{14, "SharingRevoked", 6006, 13},
		{14, "AddedToGroup", 3006, 3},
		{14, "SiteCollectionAdminAdded", 3005, 1},
		{4, "SearchQueryPerformed", 6001, 5},
		{36, "ListDeleted", 6001, 4},
		{24, "SearchCreated", 6003, 1}, // a participle at the end, not the noun before it
		{1, "New-InboxRule", 6003, 1},
		{1, "Get-Mailbox", 6003, 2},
		{1, "Set-Mailbox", 6003, 3},
		{1, "Disable-TransportRule", 6003, 3},
		{1, "Remove-MailboxPermission", 6003, 4},
		{1, "Start-ComplianceSearch", 6003, 99}, // the verb of a cmdlet is its first word
		{2, "SendOnBehalf", 4009, 1},
		{3, "HardDelete", 6003, 4},
		{50, "MailItemsAccessed", 6003, 2},
		{28, "TIMailData", 4009, 2},
		{41, "TIUrlClickData", 2004, 1},
		{98, "MCAS_ALERT_CABINET_EVENT_MATCH_AUDIT", 2004, 1},
		{40, "ALERTTRIGGERED", 2004, 1},
		{40, "AlertEntityGenerated", 2004, 2},
		{11, "DLPRuleMatch", 2006, 1},
		{84, "FileSensitivityLabelRemoved", 6006, 3}, // the label, not the file
		{95, "AccessDenied", 6006, 14},
		{96, "FileDeleted", 6006, 4},
		{25, "MemberAdded", 3006, 3},
		{25, "ChannelAdded", 6003, 1},
		{20, "ViewReport", 6003, 2},
		{188, "PlanCreated", 6003, 1},
		{9999, "Whatever", 6003, 99},
		{9999, "UserLoginFailed", 6003, 99},
		{-1, "UserLoginFailed", 3002, 1}, // a RecordType that is no number
		{-1, "", 6003, 99},
		{8, strings.Repeat("Add user ", 50), 3004, 1},
	} {
		class, activity := normalize.OCSFActivity(tt.recordType, tt.operation)
		assert.Equal(t, [2]int{tt.class, tt.activity}, [2]int{class, activity}, "%d %s", tt.recordType, tt.operation)
	}
}

func TestOCSFGivesWayToAPIActivity(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"RecordType":15,"Operation":"UserLoggedIn","Workload":"w"}`:                             "600399", // nobody
		`{"RecordType":15,"Operation":"UserLoggedIn","UserId":"a@b.example"}`:                     "600399", // nowhere
		`{"RecordType":15,"Operation":"UserLoggedIn","UserId":"a@b.example","ApplicationId":"1"}`: "300201",
		`{"RecordType":8,"Operation":"Add user.","ObjectId":"Not Available"}`:                     "600301",
		`{"RecordType":8,"Operation":"Add user.","ObjectId":"a@b.example"}`:                       "300101",
		`{"RecordType":8,"Operation":"Add member to role.","ObjectId":"a@b.example"}`:             "600301", // no role
		`{"RecordType":6,"Operation":"FileDeleted"}`:                                              "600304",
		`{"RecordType":6,"Operation":"FileDeleted","ObjectId":"/"}`:                               "600604",
		`{"RecordType":2,"Operation":"Send","UserId":"S-1-5-18"}`:                                 "600301",
		`{"RecordType":28,"Operation":"TIMailData","Recipients":["not an address"]}`:              "600399",
		`{"RecordType":28,"Operation":"TIMailData","Recipients":["a@b.example"]}`:                 "400902",
		`{"RecordType":41,"Operation":"TIUrlClickData"}`:                                          "600399", // nothing to tell it by
		`{"RecordType":11,"Operation":"DLPRuleMatch"}`:                                            "600399",
		`{}`: "600399",
	} {
		m := object(t, text, ocsfOptions)
		assert.Equal(t, want, fmt.Sprint(m["type_uid"]), text)
		if want[:4] == "6003" {
			assert.NotEmpty(t, dig(m, "api.operation"), text)
			assert.NotEmpty(t, m["actor"], text)
			assert.NotEmpty(t, m["src_endpoint"], text)
		}
	}
}

func TestOCSFKeepsFieldsWithKeysOfOurs(t *testing.T) {
	t.Parallel()
	m := object(t, `{"Id":"1","index":"theirs","tenantid":[1],"office365":{"a":1},"timestamp_fallback":null,"time":5,"unmapped":"u"}`, ocsfOptions)
	unmapped, ok := m["unmapped"].(map[string]any)
	require.True(t, ok)
	assert.Equal(t, map[string]any{
		"index": "windows_events", "tenantid": "emea", "timestamp_fallback": true, "time": json.Number("5"), "unmapped": "u",
		"office365": map[string]any{
			"index": "theirs", "tenantid": []any{json.Number("1")}, "office365": map[string]any{"a": json.Number("1")}, "timestamp_fallback": nil,
		},
	}, unmapped)
	bare := object(t, `{"CreationTime":"2026-03-02T10:00:00"}`, normalize.Options{Format: normalize.FormatOCSF})
	assert.NotContains(t, bare, "unmapped", "it is never empty")
}

func TestOCSFNestsNoDeeperThanItMay(t *testing.T) {
	t.Parallel()
	for depth := range 2 * normalize.MaxDepth {
		deep := strings.Repeat("[", depth) + "1" + strings.Repeat("]", depth)
		text := `{"Id":"1","Deep":` + deep + `,"office365":` + deep + `,"UserId":"a@b.example"}`
		m := object(t, text, ocsfOptions)
		assert.LessOrEqual(t, nesting(m), normalize.MaxDepth, depth)
		assert.Equal(t, "1", dig(m, "metadata.uid"))
		unmapped, ok := m["unmapped"].(map[string]any)
		require.True(t, ok)
		assert.NotContains(t, unmapped, "Id")
		assert.NotContains(t, unmapped, "UserId")
		assert.Contains(t, unmapped, "Deep")
		assert.NotNil(t, dig(unmapped, "office365.office365"))
	}
}

// nesting returns how deep lists and objects nest.
func nesting(v any) (depth int) {
	switch v := v.(type) {
	case map[string]any:
		for _, item := range v {
			depth = max(depth, nesting(item))
		}
	case []any:
		for _, item := range v {
			depth = max(depth, nesting(item))
		}
	default:
		return 0
	}
	return depth + 1
}

func TestOCSFHasTheTextOfARecordWithRawOn(t *testing.T) {
	t.Parallel()
	o := ocsfOptions
	o.RawText = true
	assert.Equal(t, secrets, object(t, secrets, o)["raw_data"])
	assert.Nil(t, object(t, secrets, ocsfOptions)["raw_data"])
	o.Redact = true
	text, ok := object(t, secrets, o)["raw_data"].(string)
	require.True(t, ok)
	assert.NotContains(t, text, pin)
	assert.Equal(t, "13", fmt.Sprint(decoded(t, []byte(text))["RecordType"]))
	broken := normalize.Raw{Bytes: []byte("{\"a\":\"\xff\"}"), Length: 9}
	m := decoded(t, normalize.New(normalize.Options{Format: normalize.FormatOCSF, RawText: true}).Record(broken, source, received).AppendJSON(nil))
	assert.Equal(t, "{'a':'\ufffd'}", strings.ReplaceAll(fmt.Sprint(m["raw_data"]), `"`, "'"))
}

func TestOCSFTellsOfUndecodableText(t *testing.T) {
	t.Parallel()
	n := normalize.New(ocsfOptions)
	n.Record(normalize.Raw{Bytes: []byte(`{"Id":"1","UserId":"a@b.example"}`), Length: 33}, source, received)
	m := decoded(t, n.Record(normalize.Raw{Bytes: []byte(`{"Id":`), Position: 3, Length: 6}, source, received).AppendJSON(nil))
	delete(m, "metadata")
	delete(m, "cloud")
	number := func(s string) json.Number { return json.Number(s) }
	assert.Equal(t, map[string]any{
		"class_uid": number("0"), "class_name": "Base Event", "category_uid": number("0"), "category_name": "Uncategorized", "activity_id": number("99"),
		"type_uid": number("99"), "severity_id": number("3"), "severity": "Medium", "status_id": number("2"), "status": "Failure", "status_code": "syntax",
		"message": "expected a value at byte 6", "raw_data": `{"Id":`, "time": number(strconv.FormatInt(received.UnixMilli(), 10)),
		"unmapped": map[string]any{
			"index": "windows_events", "tenantid": "emea", "timestamp_fallback": true,
			"office365": map[string]any{"content_id": source.ContentID, "position": number("3"), "length": number("6")},
		},
	}, m)
	cut := decoded(t, n.Record(normalize.Raw{Bytes: []byte(`{"Id":`), Length: 1 << 40, Err: errors.New("long")}, source, received).AppendJSON(nil))
	assert.Equal(t, true, dig(cut, "metadata.is_truncated"))
}

func TestOCSFNamesWhoWhereAndHow(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]map[string]any{
		`{"UserId":"i:0#.f|membership|a@b.example","UserKey":7,"UserType":2}`: {
			"actor.user.name": "i:0#.f|membership|a@b.example", "actor.user.email_addr": "a@b.example", "actor.user.domain": "b.example",
			"actor.user.uid": "7", "actor.user.type_id": json.Number("2"), "src_endpoint.svc_name": "Unknown",
		},
		`{"UserId":"ServicePrincipal_0f4b","UserType":5,"Workload":"w"}`: {
			"actor.user.name": "ServicePrincipal_0f4b", "actor.app_uid": "0f4b", "actor.user.type_id": json.Number("99"), "src_endpoint.svc_name": "w",
		},
		`{"UserId":"a@b.example","UserKey":"ThreatIntel","UserType":4}`: { // the key and the type of an agent
			"actor.user.name": "a@b.example", "actor.user.email_addr": "a@b.example", "actor.user.domain": "b.example", "src_endpoint.svc_name": "Unknown",
		},
		`{"UserId":"é@b.example","ClientIP":"203.0.113.4:99"}`: { // an address, but none by the schema
			"actor.user.name": "é@b.example", "actor.user.domain": "b.example", "src_endpoint.ip": "203.0.113.4", "src_endpoint.port": json.Number("99"),
			"unmapped.ClientIP": "203.0.113.4:99",
		},
		`{"ClientIP":"203.0.113.4","ApplicationId":"1","ApplicationDisplayName":"app"}`: {
			"actor.app_uid": "1", "actor.app_name": "app", "src_endpoint.ip": "203.0.113.4",
		},
		`{"Operation":"UserLoginFailed","ResultStatus":"Success","LogonError":"x","ErrorNumber":"50126"}`: {
			"status_id": json.Number("2"), "status": "Failure", "status_detail": "x", "status_code": "50126", "unmapped.ResultStatus": "Success",
			"actor.app_name": "Unknown", "src_endpoint.svc_name": "Unknown",
		},
		`{"ResultStatus":"Success","UserKey":"k"}`: {
			"status_id": json.Number("1"), "status": "Success", "actor.user.uid": "k", "src_endpoint.svc_name": "Unknown",
		},
		`{"ResultStatus":"InProgress","UserKey":"k"}`: {
			"status_id": json.Number("99"), "status": "InProgress", "actor.user.uid": "k", "src_endpoint.svc_name": "Unknown",
		},
	} {
		got := pick(object(t, text, ocsfOptions), "actor.user.name", "actor.user.uid", "actor.user.email_addr", "actor.user.domain", "actor.user.type_id",
			"actor.app_uid", "actor.app_name", "src_endpoint.ip", "src_endpoint.port", "src_endpoint.svc_name", "status_id", "status", "status_detail",
			"status_code", "unmapped.ResultStatus", "unmapped.ClientIP")
		assert.Equal(t, want, got, text)
	}
}

// TestOCSFTellsThePageOfAnAlertFromItsEvidence: what an alert of Defender for
// Cloud Apps has as Url is its page in the portal, that of a click was clicked.
func TestOCSFTellsThePageOfAnAlertFromItsEvidence(t *testing.T) {
	t.Parallel()
	alert := object(t, `{"Id":"1","RecordType":98,"Operation":"MCAS_ALERT_X","UserId":"a@b.example","Url":"https://portal.example/#/alerts/1"}`, ocsfOptions)
	assert.Equal(t, "https://portal.example/#/alerts/1", dig(alert, "finding_info.src_url"))
	evidences, _ := dig(alert, "evidences").([]any)
	require.Len(t, evidences, 1)
	assert.NotContains(t, evidences[0], "url")
	assert.Nil(t, dig(alert, "unmapped.Url"))
	click := object(t, `{"Id":"1","RecordType":41,"Operation":"TIUrlClickData","Url":"https://bad.example/x"}`, ocsfOptions)
	assert.Nil(t, dig(click, "finding_info.src_url"))
	assert.Equal(t, []any{map[string]any{"url": map[string]any{"url_string": "https://bad.example/x"}}}, dig(click, "evidences"))
}

// TestOCSFMakesNoFileOfADataset: the ObjectId of a match in Power BI is an id.
func TestOCSFMakesNoFileOfADataset(t *testing.T) {
	t.Parallel()
	const match = `{"Id":"1","RecordType":9242,"Operation":"DlpRuleMatch","PolicyDetails":[{"PolicyId":"p"}],"ObjectId":`
	dataset := object(t, match+`"8fe0ed53-8028-5ce7-9a21-3124f8580013"}`, ocsfOptions)
	assert.Nil(t, dig(dataset, "file"))
	assert.Equal(t, []any{map[string]any{"uid": "8fe0ed53-8028-5ce7-9a21-3124f8580013"}}, dig(dataset, "resources"))
	assert.Equal(t, "cards.xlsx", dig(object(t, match+`"\\\\files01\\cards.xlsx"}`, ocsfOptions), "file.name"))
}

// TestOCSFKnowsTheDomainOfEveryUser has the user that something was done to, the
// sender of a message that an agent tells of, and the entity of an alert.
func TestOCSFKnowsTheDomainOfEveryUser(t *testing.T) {
	t.Parallel()
	for text, path := range map[string]string{
		`{"RecordType":8,"Operation":"Delete user.","ObjectId":"a@b.example","UserId":"x"}`:                                   "user.domain",
		`{"Id":"1","RecordType":13,"Operation":"DlpRuleMatch","UserId":"DlpAgent","ExchangeMetaData":{"From":"a@b.example"}}`: "actor.user.domain",
	} {
		assert.Equal(t, "b.example", dig(object(t, text, ocsfOptions), path), text)
	}
	alert := object(t, `{"Id":"1","RecordType":40,"Operation":"AlertEntityGenerated","AlertId":"a","EntityType":"User","AlertEntityId":"a@b.example"}`, ocsfOptions)
	evidences, _ := dig(alert, "evidences").([]any)
	require.Len(t, evidences, 1)
	first, _ := evidences[0].(map[string]any)
	assert.Equal(t, "b.example", dig(first, "user.domain"))
}

// TestOCSFTellsAppsAndDevicesFromUsers: they get roles, and come into groups, too.
func TestOCSFTellsAppsAndDevicesFromUsers(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]map[string]any{
		"User":             {"user.name": "x", "type_uid": json.Number("300501")},
		"ServicePrincipal": {"user.name": "x", "type_uid": json.Number("300501"), "user.type_id": json.Number("99"), "user.type": "ServicePrincipal"},
	} {
		text := `{"RecordType":8,"Operation":"Add member to role.","ObjectId":"Not Available","UserId":"a@b.example","Target":[{"ID":"` + kind +
			`","Type":2},{"ID":"x","Type":1}],"ModifiedProperties":[{"Name":"Role.DisplayName","NewValue":"Global Administrator"}]}`
		assert.Equal(t, want, pick(object(t, text, ocsfOptions), "user.name", "user.type_id", "user.type", "type_uid"), kind)
	}
}

// TestOCSFBundleSaysNothingOfTheState: a bundle has neither the severity nor the
// state of its alert, which may be closed.
func TestOCSFBundleSaysNothingOfTheState(t *testing.T) {
	t.Parallel()
	line := readTimeline(t, "testdata/alerts/status_update_closes_the_alert/timeline.json")
	line.Format, line.Bundle = "ocsf", true
	var records []map[string]any
	require.NoError(t, json.Unmarshal(line.run(t), &records))
	bundles, uids := 0, map[any]bool{}
	for _, r := range records {
		assert.False(t, uids[dig(r, "metadata.uid")], "no two events have one uid")
		uids[dig(r, "metadata.uid")] = true
		if assert.ObjectsAreEqual([]any{"original_bundle"}, dig(r, "metadata.labels")) {
			bundles++
			assert.Equal(t, map[string]any{"severity": "Unknown"}, pick(r, "severity", "status_id", "status"))
		}
	}
	assert.Equal(t, 2, bundles)
}

// TestOCSFRelatesAnAlertToItsOriginals is what an analyst follows from a merged
// alert to the records that it was made of.
func TestOCSFRelatesAnAlertToItsOriginals(t *testing.T) {
	t.Parallel()
	line := readTimeline(t, "testdata/alerts/two_entities_in_three_contents/timeline.json")
	line.Format = "ocsf"
	var alerts []map[string]any
	require.NoError(t, json.Unmarshal(line.run(t), &alerts))
	require.NotEmpty(t, alerts)
	related := map[string]bool{}
	for _, alert := range alerts {
		assert.Equal(t, []any{"merged_alert"}, dig(alert, "metadata.labels"))
		events, _ := dig(alert, "finding_info.related_events").([]any)
		for _, e := range events {
			event, _ := e.(map[string]any)
			related[fmt.Sprint(event["uid"])] = true
		}
	}
	for _, s := range line.Steps {
		for _, text := range s.Content {
			original := object(t, string(text), ocsfOptions)
			assert.Equal(t, dig(alerts[0], "finding_info.uid"), dig(original, "finding_info.uid"))
			assert.Nil(t, dig(original, "metadata.labels"))
			assert.True(t, related[fmt.Sprint(dig(original, "metadata.uid"))], text)
		}
	}
}

// TestOCSFActivityOfAnAlertFollowsItsState holds the revisions of alerts against
// what they say.
func TestOCSFActivityOfAnAlertFollowsItsState(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"late_entity_gives_a_revision":      {"200401", "200402"},
		"status_update_closes_the_alert":    {"200401", "200403"},
		"latest_trigger_decides_the_status": nil,
	} {
		line := readTimeline(t, filepath.Join("testdata/alerts", name, "timeline.json"))
		line.Format = "ocsf"
		var alerts []map[string]any
		require.NoError(t, json.Unmarshal(line.run(t), &alerts))
		var got []string
		for i, alert := range alerts {
			got = append(got, fmt.Sprint(json.Number(fmt.Sprintf("%.0f", alert["type_uid"]))))
			assert.InDelta(t, i, dig(alert, "metadata.sequence"), 0)
		}
		if want != nil {
			assert.Equal(t, want, got, name)
		}
	}
	closed := `{"Id":"1","RecordType":40,"Operation":"AlertUpdated","AlertId":"a","OrganizationId":"o","Status":`
	assert.Equal(t, json.Number("200403"), object(t, closed+`"Dismissed"}`, ocsfOptions)["type_uid"])
	assert.Equal(t, json.Number("200402"), object(t, closed+`"Investigating"}`, ocsfOptions)["type_uid"])
}
