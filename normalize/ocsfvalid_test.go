package normalize_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"office365/normalize"
	"office365/tests/bench/corpus"
	"office365/tests/ocsf"
	"office365/tests/simulator"
)

// judge holds events of the format ocsf against the schema, and against what it
// does not say:
//
//   - whatever the record has stands in the event, mapped or under unmapped;
//   - unmapped is not there when it is empty;
//   - nothing nests so deep that a reader of msgpack would lose it.
type judge struct {
	modes   []*normalize.Normalizer // ways to set the format; the last one redacts, which changes the record
	n       int                     // events
	generic map[string]int          // events of no class of their own, by record type and operation
	unknown int                     // of these, those that nothing could be known of
}

func newJudge() *judge {
	o := normalize.Options{
		TenantName: "contoso-prod", TenantID: "t", ConnectorName: "c", IndexKey: "index", IndexEvents: "windows_events", IndexAlerts: "alerts",
		Format: normalize.FormatOCSF,
	}
	redacted, plain := o, normalize.Options{TenantName: "contoso-prod", Format: normalize.FormatOCSF}
	redacted.Redact, redacted.RawText = true, true
	return &judge{
		modes:   []*normalize.Normalizer{normalize.New(o), normalize.New(plain), normalize.New(redacted)},
		generic: map[string]int{},
	}
}

// blob judges all records of a body.
func (j *judge) blob(t require.TestingT, body []byte, ct normalize.ContentType, mostBytes int) {
	split := normalize.NewSplitter(bytes.NewReader(body), mostBytes)
	for {
		raw, err := split.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err)
		j.record(t, raw, ct)
	}
}

// record judges what becomes of one record in all modes.
func (j *judge) record(t require.TestingT, raw normalize.Raw, ct normalize.ContentType) {
	for i, n := range j.modes {
		text := n.Record(raw, normalize.Source{ContentType: ct, ContentID: "c"}, received).AppendJSON(nil)
		event := j.event(t, text)
		var original map[string]any
		if raw.Err == nil {
			original = decoded(t, raw.Bytes)
		}
		if i == 0 {
			j.count(event, original)
		}
		if i < len(j.modes)-1 {
			requireAll(t, original, event, text)
		}
		if raw.Err == nil && !repeats(t, raw.Bytes) {
			var parts struct{ Unmapped json.RawMessage }
			require.NoError(t, json.Unmarshal(text, &parts))
			require.False(t, repeats(t, parts.Unmapped), "a name comes twice in unmapped: %s", text)
		}
	}
}

// repeats reports whether a name comes twice in an object.
func repeats(t require.TestingT, object []byte) bool {
	if len(object) == 0 {
		return false
	}
	seen := map[string]bool{}
	d := json.NewDecoder(bytes.NewReader(object))
	_, err := d.Token()
	require.NoError(t, err)
	for d.More() {
		name, err := d.Token()
		require.NoError(t, err)
		var value json.RawMessage
		require.NoError(t, d.Decode(&value))
		key, _ := name.(string)
		if seen[key] {
			return true
		}
		seen[key] = true
	}
	return false
}

// event judges an event, and returns it.
func (j *judge) event(t require.TestingT, text []byte) map[string]any {
	j.n++
	problems := ocsf.Validate(text)
	require.Empty(t, problems, "%s", text)
	event := decoded(t, text)
	if rest, is := event["unmapped"]; is {
		require.NotEmpty(t, rest, "unmapped in %s", text)
	}
	require.LessOrEqual(t, depth(event), normalize.MaxDepth, "%s", text)
	return event
}

// count notes an event that has no class of its own. Nothing can be known of what
// is no record, has no operation, or a record type that Microsoft does not name.
func (j *judge) count(event, original map[string]any) {
	if !isGeneric(event) {
		return
	}
	j.generic[fmt.Sprintf("%v %v", original["RecordType"], original["Operation"])]++
	t, err := strconv.Atoi(fmt.Sprint(original["RecordType"]))
	if err != nil || !normalize.IsNamed(t) || original["Operation"] == nil {
		j.unknown++
	}
}

// isGeneric reports whether an event fell to the classes that take what nothing
// is known of.
func isGeneric(event map[string]any) bool {
	switch fmt.Sprintf("%v/%v", event["class_uid"], event["activity_id"]) {
	case "6003/99", "0/99", "0/0":
		return true
	default:
		return false
	}
}

// depth is how deep a value nests; a scalar is 0 deep.
func depth(value any) int {
	deepest := 0
	switch v := value.(type) {
	case map[string]any:
		for _, item := range v {
			deepest = max(deepest, depth(item))
		}
	case []any:
		for _, item := range v {
			deepest = max(deepest, depth(item))
		}
	default:
		return 0
	}
	return deepest + 1
}

// requireAll requires each text, number and truth of a record somewhere in its
// event. An address with a port may stand in two places.
func requireAll(t require.TestingT, original, event map[string]any, text []byte) {
	have := map[string]bool{}
	eachScalar(event, func(s string) { have[s] = true })
	for key, value := range original {
		if _, shallow := wanted(value, depthInOCSF(key)); !shallow {
			continue // under unmapped it is JSON in a string
		}
		eachScalar(value, func(s string) {
			if !have[s] && !isSplit(s, have) {
				require.Fail(t, "lost", "%s of %s in %s", s, key, text)
			}
		})
	}
}

// eachScalar calls for each scalar that says something.
func eachScalar(value any, call func(string)) {
	switch v := value.(type) {
	case map[string]any:
		for _, item := range v {
			eachScalar(item, call)
		}
	case []any:
		for _, item := range v {
			eachScalar(item, call)
		}
	case nil:
	default:
		if s := fmt.Sprint(v); s != "" {
			call(oneForm(s))
		}
	}
}

// oneForm writes what is a number in one way, whole ones with all their digits.
func oneForm(s string) string {
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return strconv.FormatInt(i, 10)
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && strings.ContainsAny(s, ".eE") {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return s
}

// isSplit reports whether an address with a port is there as both.
func isSplit(s string, have map[string]bool) bool {
	at := strings.LastIndexByte(s, ':')
	return at > 0 && have[strings.Trim(s[:at], "[]")] && have[s[at+1:]]
}

// golden judges all cases of testdata.
func (j *judge) golden(t *testing.T) {
	t.Helper()
	cases, err := filepath.Glob("testdata/*/*/in.json")
	require.NoError(t, err)
	require.NotEmpty(t, cases)
	for _, in := range cases {
		body, err := os.ReadFile(in)
		require.NoError(t, err)
		dir := filepath.Dir(in)
		j.blob(t, body, workloads[filepath.Base(filepath.Dir(dir))], caseSettings(t, dir).MaxRecordBytes)
	}
}

func TestEveryGoldenCaseIsValidOCSF(t *testing.T) {
	t.Parallel()
	j := newJudge()
	j.golden(t)
	assert.Greater(t, j.n, 3*150)
}

func TestEveryAlertIsValidOCSF(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob("testdata/alerts/*/timeline.json")
	require.NoError(t, err)
	require.NotEmpty(t, cases)
	j := newJudge()
	for _, in := range cases {
		line := readTimeline(t, in)
		line.Format, line.Bundle = "ocsf", true
		var events []json.RawMessage
		require.NoError(t, json.Unmarshal(line.run(t), &events))
		require.NotEmpty(t, events, in)
		for _, event := range events {
			j.event(t, event)
		}
	}
}

// generated are records of all families: those of the benchmarks and those of the
// simulator.
func generated() []corpus.Record {
	records := corpus.Records(17, 800)
	sim := simulator.New(simulator.Options{Seed: 3, Now: func() time.Time { return received }})
	for _, ct := range simulator.ContentTypes() {
		for _, raw := range sim.Sample(ct, 150, received) {
			records = append(records, corpus.Record{ContentType: string(ct), JSON: raw})
		}
	}
	return records
}

func TestEveryGeneratedRecordIsValidOCSF(t *testing.T) {
	t.Parallel()
	j := newJudge()
	records := generated()
	for _, r := range records {
		ct, ok := normalize.ParseContentType(r.ContentType)
		require.True(t, ok)
		j.blob(t, r.JSON, ct, 0)
	}
	assert.Equal(t, 3*len(records), j.n)
}

// TestRealRecordsAreValidOCSF says how many of a file of real records have no
// class of their own, by operation.
func TestRealRecordsAreValidOCSF(t *testing.T) {
	t.Parallel()
	path := os.Getenv(corpusFile)
	if path == "" {
		t.Skip(corpusFile + " names no file")
	}
	body, err := os.ReadFile(path)
	require.NoError(t, err)
	var all []json.RawMessage
	require.NoError(t, json.Unmarshal(body, &all))
	j := newJudge()
	j.blob(t, body, normalize.AuditGeneral, 0)
	assert.Equal(t, 3*len(all), j.n)
	j.log(t, len(all))
}

// fallen counts the events of no class of their own.
func (j *judge) fallen() int {
	n := 0
	for _, of := range j.generic {
		n += of
	}
	return n
}

// log prints what fell to the generic class.
func (j *judge) log(t *testing.T, of int) {
	t.Helper()
	kinds := slices.SortedFunc(maps.Keys(j.generic), func(a, b string) int {
		return cmp.Or(j.generic[b]-j.generic[a], strings.Compare(a, b))
	})
	for _, kind := range kinds {
		t.Logf("%6d  %s", j.generic[kind], kind)
	}
	n := j.fallen()
	t.Logf("%d of %d records (%.1f %%) have no class of their own", n, of, 100*float64(n)/float64(max(of, 1)))
}

// TestAnyRecordIsValidOCSF changes records of all families: fields go, come from
// other records, have other types, are huge, nest deep.
func TestAnyRecordIsValidOCSF(t *testing.T) {
	t.Parallel()
	j := newJudge()
	pool := seeds(t)
	rapid.Check(t, func(t *rapid.T) {
		record := maps.Clone(rapid.SampledFrom(pool).Draw(t, "record"))
		for range rapid.IntRange(1, 6).Draw(t, "changes") {
			mutate(t, record, pool)
		}
		text, err := json.Marshal(record)
		require.NoError(t, err)
		ct := rapid.SampledFrom(normalize.ContentTypes()).Draw(t, "content type")
		j.record(t, normalize.Raw{Bytes: text, Length: int64(len(text))}, ct)
	})
}

// TestRecordsOfAnyFormAreValidOCSF does it with records whose fields hold anything.
func TestRecordsOfAnyFormAreValidOCSF(t *testing.T) {
	t.Parallel()
	j := newJudge()
	records := anyFields()
	rapid.Check(t, func(t *rapid.T) {
		text, err := json.Marshal(records.Draw(t, "record"))
		require.NoError(t, err)
		j.record(t, normalize.Raw{Bytes: text, Length: int64(len(text))}, normalize.AuditGeneral)
	})
}

// TestAnyAlertIsValidOCSF makes merged alerts of changed records, with entities of
// any type.
func TestAnyAlertIsValidOCSF(t *testing.T) {
	t.Parallel()
	j := newJudge()
	pool := seeds(t)
	var alerts []map[string]any
	for _, record := range pool {
		if record["AlertId"] != nil {
			alerts = append(alerts, record)
		}
	}
	require.NotEmpty(t, alerts)
	rapid.Check(t, func(t *rapid.T) {
		record := maps.Clone(rapid.SampledFrom(alerts).Draw(t, "record"))
		for range rapid.IntRange(0, 4).Draw(t, "changes") {
			mutate(t, record, pool)
		}
		text, err := json.Marshal(record)
		require.NoError(t, err)
		a := normalize.MergedAlert{
			Text: string(text), UID: alertUID, Revision: rapid.IntRange(0, 3).Draw(t, "revision"), Entities: anyEntities(t),
			RecordIDs: []string{"a", "b"}, Originals: []string{string(text)}, Seen: received, Truncated: rapid.Bool().Draw(t, "truncated"),
		}
		a.Count = len(a.Entities)
		for i, n := range j.modes {
			alert := n.Alert(&a, received).AppendJSON(nil)
			event := j.event(t, alert)
			require.Equal(t, json.Number("2004"), event["class_uid"])
			if i < len(j.modes)-1 {
				requireAll(t, decoded(t, text), event, alert)
			}
			j.event(t, n.Bundle(&a, received).AppendJSON(nil))
		}
	})
}

// anyEntities draws the entities of an alert.
func anyEntities(t *rapid.T) []normalize.Entity {
	kinds := []string{"User", "user", "MaliciousUrl", "MalwareFamily", "Ip", "IP", "Mailbox", "MailMessage", "File", "", "Odd"}
	ids := []string{
		"alice@contoso.example", "a b@contoso.example", "j.müller@contoso.example", "ServicePrincipal_x", "https://elsewhere.example/a?b=c", "203.0.113.7",
		"203.0.113.7:80", "2001:db8::1", "<1@contoso.example>", `C:\a\b.txt`, "", " ", strings.Repeat("x", 3000), "host.example",
	}
	var all []normalize.Entity
	for range rapid.IntRange(0, 5).Draw(t, "entities") {
		all = append(all, normalize.Entity{
			Type: rapid.SampledFrom(kinds).Draw(t, "type"), ID: rapid.SampledFrom(ids).Draw(t, "id"),
		})
	}
	return all
}

// seeds are records to change: all that are one of testdata and some generated.
func seeds(t *testing.T) []map[string]any {
	t.Helper()
	var pool []map[string]any
	add := func(text []byte) {
		var record map[string]any
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if d.Decode(&record) == nil && len(record) > 0 {
			pool = append(pool, record)
		}
	}
	cases, err := filepath.Glob("testdata/*/*/in.json")
	require.NoError(t, err)
	for _, in := range cases {
		body, err := os.ReadFile(in)
		require.NoError(t, err)
		var texts []json.RawMessage
		if json.Unmarshal(body, &texts) == nil {
			for _, text := range texts {
				add(text)
			}
		}
	}
	for i, r := range generated() {
		if i%5 == 0 {
			add(r.JSON)
		}
	}
	require.Greater(t, len(pool), 300)
	return pool
}

// mutate changes one field of a record.
func mutate(t *rapid.T, record map[string]any, pool []map[string]any) {
	other := rapid.SampledFrom(pool).Draw(t, "other")
	mine, theirs := slices.Sorted(maps.Keys(record)), slices.Sorted(maps.Keys(other))
	if len(mine) == 0 {
		return
	}
	key, theirKey := rapid.SampledFrom(mine).Draw(t, "key"), rapid.SampledFrom(theirs).Draw(t, "their key")
	switch rapid.SampledFrom([]string{"drop", "take", "swap", "scalar", "list", "nest", "huge", "kind", "member"}).Draw(t, "change") {
	case "drop":
		delete(record, key)
	case "take": // a field of another family
		record[theirKey] = other[theirKey]
	case "swap": // a value that belongs elsewhere
		record[key] = other[theirKey]
	case "scalar":
		record[key] = anyScalar().Draw(t, "scalar")
	case "list":
		record[key] = []any{record[key], anyScalar().Draw(t, "item"), nil}
	case "nest":
		for range rapid.IntRange(1, 40).Draw(t, "levels") {
			record[key] = map[string]any{"In": record[key]}
		}
	case "huge":
		record[key] = strings.Repeat(rapid.SampledFrom([]string{"a", "é", `"`, "\\", "a@b.example,"}).Draw(t, "text"), rapid.IntRange(1000, 70_000).Draw(t, "times"))
	case "kind": // the rules of one family on the fields of another
		for _, name := range []string{"RecordType", "Operation", "Workload"} {
			if v, ok := other[name]; ok {
				record[name] = v
			}
		}
	case "member":
		record[key] = inside(t, record[key])
	}
}

// inside changes something within a value.
func inside(t *rapid.T, value any) any {
	switch v := value.(type) {
	case map[string]any:
		if len(v) == 0 {
			break
		}
		clone := maps.Clone(v)
		key := rapid.SampledFrom(slices.Sorted(maps.Keys(v))).Draw(t, "member")
		clone[key] = inside(t, v[key])
		return clone
	case []any:
		if len(v) == 0 {
			break
		}
		clone := slices.Clone(v)
		at := rapid.IntRange(0, len(v)-1).Draw(t, "item")
		clone[at] = inside(t, v[at])
		return clone
	}
	return anyScalar().Draw(t, "scalar")
}

// anyScalar generates values that rules look for, in wrong places, and others.
func anyScalar() *rapid.Generator[any] {
	return rapid.OneOf(
		rapid.Map(rapid.SampledFrom([]string{
			"", " ", "null", "a@contoso.example", "a b@contoso.example", "j.müller@contoso.example", "@", "203.0.113.4:5", "[2001:db8::1]:5", "::1", "host.example",
			"1.2.3.4:99999", "fe80::1%eth0", "Success", "Failed", "High", "Resolved", "40", "1e9", "-1", "https://contoso.example/a", "https://", "ServicePrincipal_x",
			`{"a":1,"b":[true],"c":""}`, `[{"Name":"a","Value":2}]`, "7d2f0b51-9f0e-4e59-8d0e-aa0c21f3bb10", "\u0000\u2028é", `C:\a\b.txt`, "New-InboxRule",
			"9999-12-31T23:59:59", "0001-01-01T00:00:00", "99999999999",
		}), func(s string) any { return s }),
		rapid.Map(rapid.SampledFrom([]string{
			"0", "-1", "1", "2147483648", "-2147483649", "9223372036854775807", "9223372036854775808", "1e400", "1.5", "99", strconv.Itoa(1 << 16),
		}), func(s string) any { return json.Number(s) }),
		rapid.SampledFrom([]any{true, false, nil, []any{}, map[string]any{}, []any{nil}, []any{[]any{}}}),
	)
}
