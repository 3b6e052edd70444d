package normalize_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/normalize"
)

// object makes a record of a text, with options if there are any, and reads it
// back.
func object(t *testing.T, text string, o ...normalize.Options) map[string]any {
	t.Helper()
	require.True(t, json.Valid([]byte(text)), text)
	n := newNormalizer()
	if len(o) > 0 {
		n = normalize.New(o[0])
	}
	rec := n.Record(normalize.Raw{Bytes: []byte(text), Length: int64(len(text))}, source, received)
	m, ok := exact(t, rec.AppendJSON(nil)).(map[string]any)
	require.True(t, ok)
	require.Len(t, m, rec.Fields())
	return m
}

// dig follows a path of keys, nil where it ends early.
func dig(m map[string]any, path string) any {
	key, rest, more := strings.Cut(path, ".")
	v := m[key]
	if !more {
		return v
	}
	inner, _ := v.(map[string]any)
	return dig(inner, rest)
}

// pick returns what stands at some paths, without those where nothing does.
func pick(m map[string]any, paths ...string) map[string]any {
	got := map[string]any{}
	for _, path := range paths {
		if v := dig(m, path); v != nil {
			got[path] = v
		}
	}
	return got
}

// quoted returns a JSON string.
func quoted(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// list makes a []any of strings.
func list(texts ...string) []any {
	l := make([]any, len(texts))
	for i, text := range texts {
		l[i] = text
	}
	return l
}

func TestEveryFieldIsFoundByItsName(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for f, name := range normalize.FieldNames() {
		assert.NotEmpty(t, name, "field %d", f)
		assert.False(t, seen[name], name)
		seen[name] = true
		assert.Equal(t, f, normalize.FieldOf(name), name)
	}
	assert.Zero(t, normalize.FieldOf("id"), "names are case-exact")
	assert.Zero(t, normalize.FieldOf("Unknown"))
}

func TestNoFieldOfTheLayerIsEmpty(t *testing.T) {
	t.Parallel()
	m := object(t, `{"Id":"","RecordType":null,"Operation":"","UserId":"","UserKey":null,"ClientIP":"","ResultStatus":"","UserAgent":"",
		"ObjectId":"","SourceFileName":"","ExtendedProperties":[],"Parameters":"","ModifiedProperties":[],"Data":"","AlertId":"x",
		"ExchangeMetaData":{"From":"","To":[],"CC":[null],"BCC":[""],"Subject":""},"LogonError":""}`)
	assert.ElementsMatch(t, []string{
		"msg_class", "msg_origin", "tenant_name", "index", "timestamp", "timestamp_fallback", "write_time",
		"Id", "RecordType", "Operation", "UserId", "UserKey", "ClientIP", "ResultStatus", "UserAgent", "ObjectId", "SourceFileName",
		"ExtendedProperties", "Parameters", "ModifiedProperties", "Data", "AlertId", "ExchangeMetaData", "LogonError",
	}, keys(m))
}

func keys(m map[string]any) []string {
	all := make([]string, 0, len(m))
	for key := range m {
		all = append(all, key)
	}
	return all
}

func TestRecordTypesHaveTheirNames(t *testing.T) {
	t.Parallel()
	for recordType, want := range map[string]any{
		"1": "ExchangeAdmin", "6": "SharePointFileOperation", "15": "AzureActiveDirectoryStsLogon", "40": "SecurityComplianceAlerts",
		`"40"`: "SecurityComplianceAlerts", "13": "ComplianceDLPExchange", "63": "DLPEndpoint", "463": "VivaGlintAgenticCampaign", "5": "SyntheticProbe",
		"0": "0", "117": "117", "155": "155", "464": "464", "9999": "9999", "-1": "-1", `"117"`: "117", `"New"`: "New", "null": nil, "[]": nil,
		"12345678901234567890": "12345678901234567890",
	} {
		assert.Equal(t, want, dig(object(t, `{"RecordType":`+recordType+`}`), "event.code"), recordType)
	}
}

func TestSeveritiesHaveNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"Informational": 10, "LOW": 25, "medium": 50, "High": 75} {
		got, ok := normalize.SeverityScore([]byte(text))
		assert.True(t, ok)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "Critical", "High ", strings.Repeat("x", 100)} {
		_, ok := normalize.SeverityScore([]byte(text))
		assert.False(t, ok, text)
	}
}

func TestFileAndURLComeFromWhereTheRecordHasThem(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text string
		want map[string]any
	}{
		"of SharePoint": {
			`{"SourceFileName":"a.docx","SourceFileExtension":"docx","SourceRelativeUrl":"Documents","FileSizeBytes":7,"ObjectId":"https://contoso.example/a.docx"}`,
			map[string]any{
				"file.name": "a.docx", "file.extension": "docx", "file.directory": "Documents", "file.size": json.Number("7"),
				"url": "https://contoso.example/a.docx",
			},
		},
		"with the size in a string": {`{"FileSizeBytes":"1e9"}`, map[string]any{"file.size": json.Number("1000000000")}},
		"with a size of digits":     {`{"FileSize":"12345"}`, map[string]any{"file.size": json.Number("12345")}},
		"with no size that is one":  {`{"FileSizeBytes":"12 KB","FileSize":1.5}`, map[string]any{}},
		"with a negative size":      {`{"FileSizeBytes":-1}`, map[string]any{}},
		"of a match in SharePoint": {
			`{"SharePointMetaData":{"FileName":"b.docx","FilePathUrl":"https://contoso.example/b.docx","FileSize":8},"ObjectId":"https://contoso.example/x"}`,
			map[string]any{"file.name": "b.docx", "file.size": json.Number("8"), "url": "https://contoso.example/b.docx"},
		},
		"beside metadata of nothing": {`{"SharePointMetaData":null,"FileData":"x","SourceFileName":"a.docx"}`, map[string]any{"file.name": "a.docx"}},
		"of malware": {
			`{"FileData":{"FileName":"c.xlsm","FileSize":"9"}}`, map[string]any{"file.name": "c.xlsm", "file.size": json.Number("9")},
		},
		"on a device": {
			`{"ObjectId":"C:\\Users\\bob\\d.docx","FileExtension":"docx","FileSize":10}`,
			map[string]any{"file.name": "d.docx", "file.extension": "docx", "file.directory": `C:\Users\bob`, "file.size": json.Number("10")},
		},
		"on a device, by its metadata": {
			`{"ObjectId":"/home/bob/d.docx","EndpointMetaData":{"FileExtension":"docx","FileSize":10}}`,
			map[string]any{"file.name": "d.docx", "file.extension": "docx", "file.directory": "/home/bob", "file.size": json.Number("10")},
		},
		"of a click":               {`{"Url":"https://elsewhere.example/1","ObjectId":"https://elsewhere.example/2"}`, map[string]any{"url": "https://elsewhere.example/1"}},
		"in capitals":              {`{"ObjectId":"HTTPS://Contoso.example/A"}`, map[string]any{"url": "HTTPS://Contoso.example/A"}},
		"of no web address":        {`{"ObjectId":"alice\\Financial Reporting","Url":7}`, map[string]any{}},
		"with a name of no string": {`{"SourceFileName":12}`, map[string]any{"file.name": "12"}},
	} {
		got := pick(object(t, tt.text), "file.name", "file.extension", "file.directory", "file.size", "url")
		assert.Equal(t, tt.want, got, name)
	}
}

func TestMailComesFromWhereTheRecordHasIt(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text string
		want map[string]any
	}{
		"a match of DLP": {
			`{"ExchangeMetaData":{"From":"a@contoso.example","To":["b@x.example","",null],"CC":["c@x.example"],"BCC":["d@x.example"],"Subject":"s","MessageID":"<1>"}}`,
			map[string]any{
				"email.from.address": "a@contoso.example", "email.to.addresses": list("b@x.example"), "email.cc.addresses": list("c@x.example"),
				"email.bcc.addresses": list("d@x.example"), "email.recipient.addresses": list("b@x.example", "c@x.example", "d@x.example"),
				"email.subject": "s", "email.message_id": "<1>",
			},
		},
		"one recipient that is no list": {
			`{"ExchangeMetaData":{"To":"b@x.example"}}`,
			map[string]any{"email.to.addresses": list("b@x.example"), "email.recipient.addresses": list("b@x.example")},
		},
		"a message in a mailbox": {
			`{"Item":{"Subject":"s","InternetMessageId":"<2>"}}`, map[string]any{"email.subject": "s", "email.message_id": "<2>"},
		},
		"a message that was looked into": {
			`{"InternetMessageId":"<3>","P1Sender":"p1@x.example","P2Sender":"p2@x.example","Recipients":["b@x.example"],"Subject":"s"}`,
			map[string]any{
				"email.from.address": "p2@x.example", "email.recipient.addresses": list("b@x.example"), "email.subject": "s", "email.message_id": "<3>",
			},
		},
		"one without the sender that the reader sees": {
			`{"InternetMessageId":"<3>","P1Sender":"p1@x.example","P2Sender":""}`,
			map[string]any{"email.from.address": "p1@x.example", "email.message_id": "<3>"},
		},
		"a message beside metadata of nothing": {
			`{"ExchangeMetaData":null,"Item":null,"InternetMessageId":"<3>","Subject":"s"}`, map[string]any{"email.subject": "s", "email.message_id": "<3>"},
		},
		"none":                   {`{"Subject":"s","Item":"x","ExchangeMetaData":[]}`, map[string]any{}},
		"a list of other things": {`{"ExchangeMetaData":{"To":[{"a":1},[2],3]}}`, map[string]any{"email.to.addresses": list("3"), "email.recipient.addresses": list("3")}},
	} {
		got := pick(object(t, tt.text), "email.from.address", "email.to.addresses", "email.cc.addresses", "email.bcc.addresses",
			"email.recipient.addresses", "email.subject", "email.message_id")
		assert.Equal(t, tt.want, got, name)
	}
}

func TestUserAgentComesFromWhereTheRecordHasIt(t *testing.T) {
	t.Parallel()
	const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0)"
	for text, want := range map[string]any{
		`{"UserAgent":"a/1","ExtendedProperties":[{"Name":"UserAgent","Value":"b/2"}]}`:             "a/1",
		`{"UserAgent":"","ExtendedProperties":[{"Name":"X"},{"Name":"UserAgent","Value":"b/2"}]}`:   "b/2",
		`{"ExtendedProperties":[{"Name":"UserAgent","Value":""}],"ClientInfoString":"Client=OWA;"}`: nil,
		`{"ExtendedProperties":"UserAgent"}`:                                                        nil,
		`{"ClientInfoString":"Client=OWA;` + firefox + `;"}`:                                        firefox,
		`{"ClientInfoString":"` + firefox + `"}`:                                                    firefox,
		`{"ClientInfoString":"Client=ActiveSync;UserAgent=Apple-iPhone9C3/1605.72;Action=Sync"}`:    "Apple-iPhone9C3/1605.72",
		`{"ClientInfoString":"Client=X;UserAgent=` + firefox + `;"}`:                                firefox,
		`{"ClientInfoString":"Outlook-iOS/2.0"}`:                                                    "Outlook-iOS/2.0",
		`{"ClientInfoString":"Client=OWA;Action=ViaProxy"}`:                                         nil,
		`{"ClientInfoString":"Client=MSExchangeRPC"}`:                                               nil,
		`{"ClientInfoString":"Client=REST;a/b"}`:                                                    nil,
		`{"ClientInfoString":"/"}`:                                                                  nil,
		`{"ClientInfoString":"UserAgent="}`:                                                         nil,
		`{"ClientInfoString":["a/1"]}`:                                                              nil,
	} {
		assert.Equal(t, want, object(t, text)["user_agent"], text)
	}
}
