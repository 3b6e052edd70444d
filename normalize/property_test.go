package normalize_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"office365/normalize"
	"office365/tests/bench/corpus"
)

// corpusFile names, in the environment, a file with a JSON array of real
// records. No such file is part of this repository.
const corpusFile = "O365_CORPUS"

// checker holds records against the promises of the layer:
//
//   - every original field is there, with its value and type, where
//     vendor_fields says; ours wins where a key is the same, and theirs goes to
//     office365;
//   - a field of the layer has one type in all records;
//   - none of them is empty.
type checker struct {
	kinds map[string]string // type of each field of the layer
	modes []*normalize.Normalizer
	n     int // records
}

var places = []normalize.VendorFields{normalize.VendorTop, normalize.VendorNested, normalize.VendorBoth}

func newChecker() *checker {
	c := &checker{kinds: map[string]string{}}
	for _, place := range places {
		c.modes = append(c.modes, normalize.New(normalize.Options{
			TenantName: "contoso-prod", IndexKey: "index", IndexEvents: "windows_events", VendorFields: place,
		}))
	}
	return c
}

// blob checks all records of a body.
func (c *checker) blob(t require.TestingT, body []byte, ct normalize.ContentType) {
	split := normalize.NewSplitter(bytes.NewReader(body), 0)
	for {
		raw, err := split.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err)
		c.raw(t, raw, ct)
	}
}

// raw checks one record in every mode.
func (c *checker) raw(t require.TestingT, raw normalize.Raw, ct normalize.ContentType) {
	c.n++
	var original map[string]any
	if raw.Err == nil {
		original = decoded(t, raw.Bytes)
	}
	for i, n := range c.modes {
		rec := n.Record(raw, normalize.Source{ContentType: ct, ContentID: "c"}, received)
		got := decoded(t, rec.AppendJSON(nil))
		require.Len(t, got, rec.Fields())
		ours := c.originals(t, original, got, places[i])
		c.layer(t, "", ours)
	}
}

func decoded(t require.TestingT, text []byte) map[string]any {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var m map[string]any
	require.NoError(t, dec.Decode(&m))
	return m
}

// originals checks the original fields, and returns the record without them.
func (c *checker) originals(t require.TestingT, original, got map[string]any, place normalize.VendorFields) map[string]any {
	nested, _ := got["office365"].(map[string]any)
	for key, value := range original {
		want, shallow := wanted(value, 2)
		taken := key == "index" || slices.Contains(normalize.LayerKeys(), key)
		if shallow && (taken || place != normalize.VendorTop) {
			require.True(t, equal(want, nested[key]), "%s: %v in office365", key, nested[key])
		}
		onTop := place != normalize.VendorNested || slices.Contains([]string{"Id", "Operation", "AlertId"}, key)
		if shallow && onTop && !taken {
			require.True(t, equal(want, got[key]), "%s: %v, not %v", key, got[key], want)
		}
		if taken || place != normalize.VendorTop {
			delete(nested, key)
		}
		if !taken {
			require.Equal(t, onTop, got[key] != nil || value == nil && onTop, key)
			delete(got, key)
		}
	}
	if len(nested) == 0 {
		delete(got, "office365")
	}
	return got
}

func equal(want, got any) bool {
	got, _ = wanted(got, -1000)
	return same(want, got)
}

// layer checks the fields of the layer.
func (c *checker) layer(t require.TestingT, path string, object map[string]any) {
	for key, value := range object {
		at := path + key
		kind := kindOf(value)
		if inner, ok := value.(map[string]any); ok {
			c.layer(t, at+".", inner)
		} else if isHelper(path) {
			kind = strings.TrimPrefix(kind, "list of ") // a name that comes twice has a list of its values
		}
		require.NotContains(t, []string{"null", "empty", "float"}, kind, at)
		if known, ok := c.kinds[at]; ok {
			require.Equal(t, known, kind, at)
		}
		c.kinds[at] = kind
	}
}

// isHelper reports whether a path ends in a helper object.
func isHelper(path string) bool {
	path = strings.TrimPrefix(strings.TrimPrefix(path, "office365."), "flattened.")
	return slices.Contains([]string{
		"parameters.", "extended_properties.", "device_properties.", "modified_properties.", "operation_properties.", "data.",
	}, path)
}

func kindOf(v any) string {
	switch v := v.(type) {
	case string:
		if v == "" {
			return "empty"
		}
		return "string"
	case bool:
		return "bool"
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			return "float"
		}
		return "integer"
	case []any:
		kinds := map[string]bool{}
		for _, item := range v {
			kinds[kindOf(item)] = true
		}
		if len(kinds) != 1 {
			return "empty" // or mixed, as bad
		}
		for kind := range kinds {
			return "list of " + kind
		}
	case map[string]any:
		if len(v) == 0 {
			return "empty"
		}
		return "object"
	}
	return "null"
}

// TestRecordsKeepWhatTheyPromise is record[k] == original[k] and one type for
// each field of the layer, over all cases of testdata, records of every family,
// and a file of real records where there is one.
func TestRecordsKeepWhatTheyPromise(t *testing.T) {
	t.Parallel()
	c := newChecker()
	cases, err := filepath.Glob("testdata/*/*/in.json")
	require.NoError(t, err)
	for _, path := range cases {
		body, err := os.ReadFile(path)
		require.NoError(t, err)
		c.blob(t, body, workloads[filepath.Base(filepath.Dir(filepath.Dir(path)))])
	}
	assert.Greater(t, c.n, len(cases))
	for _, r := range corpus.Records(11, 1500) {
		ct, ok := normalize.ParseContentType(r.ContentType)
		require.True(t, ok)
		c.blob(t, r.JSON, ct)
	}
	if path := os.Getenv(corpusFile); path != "" {
		body, err := os.ReadFile(path)
		require.NoError(t, err)
		var all []json.RawMessage
		require.NoError(t, json.Unmarshal(body, &all))
		before := c.n
		c.blob(t, body, normalize.AuditGeneral)
		assert.Equal(t, len(all), c.n-before, "nothing is lost")
		t.Logf("%d real records of %s", len(all), path)
	}
	assert.Greater(t, len(c.kinds), 80)
}

// TestRecordsOfAnyFormKeepWhatTheyPromise does the same over records whose
// fields hold anything.
func TestRecordsOfAnyFormKeepWhatTheyPromise(t *testing.T) {
	t.Parallel()
	c := newChecker()
	records := anyFields()
	rapid.Check(t, func(t *rapid.T) {
		for range 8 {
			text, err := json.Marshal(records.Draw(t, "record"))
			require.NoError(t, err)
			c.raw(t, normalize.Raw{Bytes: text, Length: int64(len(text))}, normalize.AuditGeneral)
		}
	})
}

// anyFields generates records: fields that rules look at, with values of any
// type, among them such as the rules want.
func anyFields() *rapid.Generator[map[string]any] {
	names := make([]string, 0, 100)
	for _, name := range normalize.FieldNames() {
		names = append(names, name)
	}
	slices.Sort(names)
	names = append(names, normalize.LayerKeys()...)
	names = append(names, "parameters", "data", "flattened", "index", "Odd", "")
	member := rapid.SampledFrom([]string{
		"Name", "Value", "OldValue", "NewValue", "From", "To", "CC", "Subject", "MessageID", "FileName", "FilePathUrl", "FileSize", "Rules", "RuleId",
		"RuleName", "Severity", "RuleMode", "Actions", "ConditionsMatched", "SensitiveInformation", "SensitiveType", "Count", "PolicyName",
		"SensitiveInformationDetections", "ResultsTruncated", "EnforcementMode", "SensitiveInfoTypeData", "InternetMessageId", "a.b", "",
	})
	scalar := rapid.OneOf(
		rapid.Map(rapid.SampledFrom([]string{
			"", "null", "a@contoso.example", "203.0.113.4:5", "[2001:db8::1]:5", "host.example", "Success", "Failed", "High", "BlockAccess", "UserAgent",
			"UserLoginFailed", "AlertTriggered", "https://contoso.example/a", `{"a":1,"b":[true],"c":""}`, `[{"Name":"a","Value":2}]`, "12", "1e9", "40",
			"Client=X;UserAgent=y/1;", "7d2f0b51-9f0e-4e59-8d0e-aa0c21f3bb10", "DlpAgent", "\u0000\u2028é", `C:\a\b.txt`,
		}), func(s string) any { return s }),
		rapid.Map(rapid.Int64(), func(i int64) any { return i }),
		rapid.Map(rapid.SampledFrom([]int{0, 1, 13, 15, 40, 63, 9999}), func(i int) any { return i }),
		rapid.Map(rapid.Float64Range(-1e12, 1e12), func(f float64) any { return f }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Just[any](nil),
	)
	value := scalar
	for range 5 { // as deep as PolicyDetails
		inner := value
		value = rapid.OneOf(scalar,
			rapid.Map(rapid.SliceOfN(inner, 0, 4), func(l []any) any { return l }),
			rapid.Map(rapid.MapOfN(member, inner, 0, 5), func(m map[string]any) any { return m }),
			rapid.Map(rapid.SliceOfN(rapid.MapOfN(member, inner, 0, 5), 1, 3), func(l []map[string]any) any { return l }),
		)
	}
	return rapid.MapOfN(rapid.SampledFrom(names), rapid.OneOf(scalar, value), 5, 40)
}

// matches evaluates `path:value AND path:value …` as a search engine would, for
// the searches of the documentation: a list matches by any item.
func matches(record map[string]any, query string) bool {
	for term := range strings.SplitSeq(query, " AND ") {
		path, value, _ := strings.Cut(term, ":")
		if !holds(record, strings.Split(strings.TrimSpace(path), "."), strings.Trim(strings.TrimSpace(value), `"`)) {
			return false
		}
	}
	return true
}

func holds(v any, path []string, value string) bool {
	switch v := v.(type) {
	case []any:
		return slices.ContainsFunc(v, func(item any) bool { return holds(item, path, value) })
	case map[string]any:
		return len(path) > 0 && holds(v[path[0]], path[1:], value)
	default:
		return len(path) == 0 && v != nil && fmt.Sprint(v) == value
	}
}

func TestSearchesFindTheOriginals(t *testing.T) {
	t.Parallel()
	all := map[string]map[string]any{}
	for _, name := range []string{
		"sharepoint/file_downloaded", "entra/user_logged_in", "exchange/new_inbox_rule", "dlp/rule_match_exchange", "general/alert_entity_generated", "general/alert_triggered",
	} {
		text, err := os.ReadFile(filepath.Join("testdata", name, "want.json"))
		require.NoError(t, err)
		records, ok := exact(t, text).([]any)
		require.True(t, ok)
		all[name], ok = records[0].(map[string]any)
		require.True(t, ok)
	}
	const (
		general = "msg_class: office365_audit_general"
		entity  = "general/alert_entity_generated"
		trigger = "general/alert_triggered"
	)
	for query, want := range map[string][]string{
		general + " AND Operation:AlertTriggered AND index:windows_events":                 {trigger},
		general + " AND Operation:AlertTriggered AND index:alerts":                         nil,
		general + " AND Operation:AlertEntityGenerated":                                    {entity},
		general + " AND Operation:AlertTriggered AND Operation:AlertEntityGenerated":       nil,
		"event_summary.AlertEntityId:\"bob@contoso.example\"":                              nil,
		"AlertEntityId:\"alice@contoso.example\" AND EntityType:User":                      {entity},
		"msg_class: office365_dlp_all AND dlp.action:blocked AND rule.ruleset:PCI":         {"dlp/rule_match_exchange"},
		"user.email:alice@contoso.example AND email.to.addresses:ext@fabrikam.example":     {"dlp/rule_match_exchange"},
		"office365.parameters.ForwardTo:drop@fabrikam.example":                             {"exchange/new_inbox_rule"},
		"srcip:2001:db8::abcd AND login_result:success":                                    {"entra/user_logged_in"},
		"file.extension:docx AND msg_class: office365_audit_sharepoint":                    {"sharepoint/file_downloaded"},
		"msg_origin.source: office365 AND msg_origin.vendor:office365 AND index:something": nil,
	} {
		var found []string
		for name, record := range all {
			if matches(record, query) {
				found = append(found, name)
			}
		}
		assert.ElementsMatch(t, want, found, query)
	}
	for name, record := range all {
		assert.True(t, matches(record, "msg_origin.source: office365 AND tenant_name:contoso-prod"), name)
	}
}
