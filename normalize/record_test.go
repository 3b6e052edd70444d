package normalize_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"office365/normalize"
	"office365/tests/bench/corpus"
)

var (
	received = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	source   = normalize.Source{ContentType: normalize.AuditGeneral, ContentID: "20260302$audit_general"}
)

func newNormalizer() *normalize.Normalizer {
	return normalize.New(normalize.Options{TenantName: "contoso-prod", IndexKey: "index", IndexEvents: "windows_events"})
}

// recordOf normalizes one text that no Splitter has seen.
func recordOf(text string) *normalize.Record {
	return newNormalizer().Record(normalize.Raw{Bytes: []byte(text), Length: int64(len(text))}, source, received)
}

func TestTimeIsCreationTime(t *testing.T) {
	t.Parallel()
	at := func(hour, minute, second, nano int) time.Time {
		return time.Date(2026, 3, 2, hour, minute, second, nano, time.UTC)
	}
	tests := []struct {
		text string
		want time.Time
	}{
		{"2026-03-02T10:16:31", at(10, 16, 31, 0)},
		{"2026-03-02T10:16:31Z", at(10, 16, 31, 0)},
		{"2026-03-02t10:16:31z", at(10, 16, 31, 0)},
		{"2026-03-02 10:16:31", at(10, 16, 31, 0)},
		{"2026-03-02 10:16:31Z", at(10, 16, 31, 0)},
		{"2026-03-02T10:16:31.1", at(10, 16, 31, 100_000_000)},
		{"2026-03-02T10:16:31.1234567Z", at(10, 16, 31, 123_456_700)},
		{"2026-03-02T10:16:31.123456789", at(10, 16, 31, 123_456_789)},
		{"2026-03-02T10:16:31.1234567899", at(10, 16, 31, 123_456_789)},
		{"2026-03-02T10:16:31+02:00", at(8, 16, 31, 0)},
		{"2026-03-02T10:16:31.5-0130", at(11, 46, 31, 500_000_000)},
		{"2026-03-01T23:59:59-12:00", at(11, 59, 59, 0)},
		{"3/2/2026 6:16:41 AM", at(6, 16, 41, 0)},
		{"03/02/2026 6:16:41 PM", at(18, 16, 41, 0)},
		{"3/2/2026 18:16:41", at(18, 16, 41, 0)},
		{"2026-03-02", at(0, 0, 0, 0)},
		{"2024-02-29T00:00:00", time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)},
		{"0001-01-01T00:00:00", time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)},
	}
	for _, tt := range tests {
		got, ok := normalize.ParseTime([]byte(tt.text))
		assert.True(t, ok, tt.text)
		assert.Equal(t, tt.want, got, tt.text)
	}
	for _, text := range []string{
		"", "now", "2026-03-02T10:16", "2026-02-29T10:16:31", "2026-13-02T10:16:31", "2026-03-02T24:00:00", "2026-03-02T10:60:31",
		"2026-03-02T10:16:31.", "2026-03-02T10:16:31+2:00", "2026-03-02T10:16:31+24:00", "2026-03-02T10:16:31 Z", "2026-03-02T10:16:3x",
		"31/12/2026 6:16:41 AM", "-026-03-02T10:16:31",
	} {
		_, ok := normalize.ParseTime([]byte(text))
		assert.False(t, ok, text)
	}
}

func TestParseTimeAgreesWithTheStandardLibrary(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := time.Unix(rapid.Int64Range(-62135596800, 253402300799).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()
		zone := time.FixedZone("", 60*rapid.IntRange(-14*60, 14*60).Draw(t, "zone"))
		text := want.In(zone).Format(time.RFC3339Nano)
		if want.In(zone).Year() < 0 || want.In(zone).Year() > 9999 {
			return
		}
		got, ok := normalize.ParseTime([]byte(text))
		require.True(t, ok, text)
		require.True(t, want.Equal(got), text)
	})
}

func TestTimeOfReceiptStandsInForATimeThatFluentBitCannotTake(t *testing.T) {
	t.Parallel()
	tests := []struct {
		created string
		want    time.Time
	}{
		{`"1970-01-01T00:00:00"`, time.Unix(0, 0).UTC()},
		{`"1969-12-31T23:59:59.5"`, received},
		{`"0001-01-01T00:00:00"`, received},
		{`"2106-02-07T06:28:13"`, time.Unix(0xFFFFFFFD, 0).UTC()},
		{`"2106-02-07T06:28:14"`, received},
		{`"9999-12-31T23:59:59"`, received},
		{`"soon"`, received},
		{`null`, received},
		{`17`, received},
		{`{}`, received},
	}
	for _, tt := range tests {
		rec := recordOf(`{"CreationTime":` + tt.created + `}`)
		assert.Equal(t, tt.want, rec.Time(), tt.created)
	}
}

func TestKeyIsTheTextOfItsFields(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want normalize.Key
	}{
		{`{}`, normalize.Key{}},
		{
			`{"Id":"a","RecordNumber":3,"CreationTime":"2026-03-02T10:16:31","Operation":"Op"}`,
			normalize.Key{ID: "a", RecordNumber: "3", CreationTime: "2026-03-02T10:16:31", Operation: "Op"},
		},
		{`{"Id":"\u0061\/b","RecordNumber":"3"}`, normalize.Key{ID: "a/b", RecordNumber: "3"}},
		{`{"Id":-12,"RecordNumber":12345678901234567890123}`, normalize.Key{ID: "-12", RecordNumber: "12345678901234567890123"}},
		{`{"Id":null,"Operation":["Op"],"CreationTime":true}`, normalize.Key{}},
		{`{"Id":"first","id":"other","Id":"second"}`, normalize.Key{ID: "second"}},
		{`{"Data":{"Id":"nested"},"Id":1.5}`, normalize.Key{ID: "1.5"}},
		{`["Id"]`, normalize.Key{}},
		{`{"Id":"broken"`, normalize.Key{}},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, recordOf(tt.text).Key(), tt.text)
	}
}

func TestUndecodableTextIsKept(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, kind, message, original string }{
		{"no JSON", `{"Id":nil}`, "syntax", "expected null at byte 7", `{"Id":nil}`},
		{"half a record", `{"Id":"1"`, "syntax", "expected a comma or the end of the object at byte 9", `{"Id":"1"`},
		{"text behind the record", `{"Id":"1"} x`, "syntax", "text after the record at byte 10", `{"Id":"1"} x`},
		{"no object", `[1]`, "not_object", "a record is an object, this is not", `[1]`},
		{"nothing", ``, "syntax", "expected a value at byte 0", ``},
		{"bytes that are no UTF-8", "\xff\xfe{", "syntax", "expected a value at byte 0", "\uFFFD\uFFFD{"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			raw := normalize.Raw{Bytes: []byte(tt.text), Position: 7, Length: int64(len(tt.text))}
			rec := newNormalizer().Record(raw, source, received)
			assert.Equal(t, received, rec.Time())
			got, ok := exact(t, rec.AppendJSON(nil)).(map[string]any)
			require.True(t, ok)
			assert.Equal(t, "office365_audit_general", got["msg_class"])
			assert.Equal(t, map[string]any{"type": tt.kind, "message": tt.message}, got["error"])
			assert.Equal(t, map[string]any{"original": tt.original}, got["event"])
			assert.Equal(t, map[string]any{
				"content_id": source.ContentID, "position": json.Number("7"), "length": json.Number(strconv.Itoa(len(tt.text))),
			}, got["office365"])
			assert.Equal(t, len(got), rec.Fields())
		})
	}
}

func TestNormalizerKeepsNothingOfTheRecordBefore(t *testing.T) {
	t.Parallel()
	texts := []string{
		`{"Id":"1","CreationTime":"2026-03-02T10:16:31","msg_class":"theirs","A":"\u00e9"}`,
		`{"Id":`, `{}`, `{"Id":"2","index":[1,2,{"a":null}]}`, `[]`, `{"B":1,"B":2}`,
	}
	n := newNormalizer()
	for _, ct := range []normalize.ContentType{normalize.AuditGeneral, normalize.DLPAll, normalize.AuditGeneral} {
		for _, text := range texts {
			src := normalize.Source{ContentType: ct, ContentID: "c"}
			raw := normalize.Raw{Bytes: []byte(text), Length: int64(len(text))}
			want := string(newNormalizer().Record(raw, src, received).AppendJSON(nil))
			assert.Equal(t, want, string(n.Record(raw, src, received).AppendJSON(nil)))
		}
	}
}

func TestARecordMayBeMadeTwiceOfOneRaw(t *testing.T) {
	t.Parallel()
	s := normalize.NewSplitter(strings.NewReader(`[{"Id":"1","index":"theirs","A":1}]`), 0)
	raw, err := s.Next()
	require.NoError(t, err)
	first := string(newNormalizer().Record(raw, source, received).AppendJSON(nil))
	assert.Equal(t, first, string(newNormalizer().Record(raw, source, received).AppendJSON(nil)))
	assert.Contains(t, first, `"office365":{"index":"theirs"}`)
}

// TestEveryOriginalFieldIsKept is the promise of the records' contract, over
// records of every family: record[k] == original[k].
func TestEveryOriginalFieldIsKept(t *testing.T) {
	t.Parallel()
	blob := corpus.Blob(corpus.Records(3, 3000))
	s, n := normalize.NewSplitter(bytes.NewReader(blob), 0), newNormalizer()
	count := 0
	for ; ; count++ {
		raw, err := s.Next()
		if err == io.EOF { //nolint:errorlint // Next returns it as it is
			break
		}
		require.NoError(t, err)
		require.NoError(t, raw.Err)
		original, ok := exact(t, raw.Bytes).(map[string]any)
		require.True(t, ok)
		rec := n.Record(raw, source, received)
		got, ok := exact(t, rec.AppendJSON(nil)).(map[string]any)
		require.True(t, ok)
		for key, value := range original {
			require.Equal(t, value, got[key], key)
		}
		require.Len(t, got, rec.Fields())
		require.Greater(t, len(got), len(original))
	}
	assert.Equal(t, 3000, count)
}

func TestNothingIsAllocatedPerRecord(t *testing.T) {
	blob := corpus.Blob(corpus.Records(5, 500))
	body := bytes.NewReader(blob)
	s, n := normalize.NewSplitter(body, 0), newNormalizer()
	pass := func() {
		body.Reset(blob)
		s.Reset(body)
		for {
			raw, err := s.Next()
			if err != nil {
				return
			}
			n.Record(raw, source, received)
		}
	}
	pass()
	// Floats that json-iterator cannot read on its fast path and the entries of
	// very long records may allocate, one record in twenty at most.
	assert.Less(t, testing.AllocsPerRun(3, pass), 25.0)
}

func TestAHugeObjectTakesNoQuadraticTime(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(`{"Id":"1"`)
	for i := range 200_000 {
		fmt.Fprintf(&b, `,"k%d":%d`, i%100_000, i)
	}
	b.WriteString("}")
	rec := recordOf(b.String())
	assert.Equal(t, 100_000+recordOf(`{"Id":"1"}`).Fields(), rec.Fields())

	rec = recordOf(`{"Id":"1"` + strings.Repeat(`,"a":1,"b":[2]`, 300_000) + `}`)
	assert.Equal(t, 2+recordOf(`{"Id":"1"}`).Fields(), rec.Fields())
}

func TestBracketsAloneDoNotGrowTheStack(t *testing.T) {
	t.Parallel()
	const depth = 1 << 20
	text := `{"Id":"1","Deep":` + strings.Repeat(`[{"a":`, depth) + `1` + strings.Repeat(`}]`, depth) + `}`
	rec := recordOf(text)
	assert.Equal(t, "1", rec.Key().ID)
	assert.Contains(t, string(rec.AppendJSON(nil)[:400]), `"Deep":[{"a":[{"a":`)
}

// wanted is what a value becomes, given as encoding/json reads it with
// UseNumber; ok is false when it nests too deep to say.
func wanted(v any, depth int) (want any, ok bool) {
	switch v := v.(type) {
	case map[string]any:
		if depth > normalize.MaxDepth {
			return nil, false
		}
		m := make(map[string]any, len(v))
		for key, item := range v {
			if m[key], ok = wanted(item, depth+1); !ok {
				return nil, false
			}
		}
		return m, true
	case []any:
		if depth > normalize.MaxDepth {
			return nil, false
		}
		a := make([]any, len(v))
		for i, item := range v {
			if a[i], ok = wanted(item, depth+1); !ok {
				return nil, false
			}
		}
		return a, true
	case json.Number:
		return wantedNumber(v), true
	default:
		return v, true
	}
}

func wantedNumber(n json.Number) any {
	if !strings.ContainsAny(n.String(), ".eE") {
		if i, err := n.Int64(); err == nil {
			return i
		}
		return n.String()
	}
	if f, err := n.Float64(); err == nil {
		return f
	}
	return n.String()
}

// FuzzRecord compares what becomes of a text with what encoding/json makes of
// it: the same texts are JSON, the same values come out, and the layer keeps its
// promises wherever the original fields go.
func FuzzRecord(f *testing.F) {
	for _, text := range []string{
		`{"Id":"1","a":[1,-0,1.5,1e400,12345678901234567890],"b":{"c":null,"c":true}}`,
		`{"a":"\ud83d\ude00 \ud800 \u0000\/\"","\u0061":2,"":{}}`,
		"{\"a\":\"\xff\xc3\",\"\xfe\":1}", `{"a":01}`, `{"a":1.}`, `{"a":-}`, "{\"a\":\"\n\"}", `{"a":[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]}`,
		`{"CreationTime":"9/30/2024 6:16:41 AM","Operation":"x"}`, `{"index":1,"office365":2,"timestamp":[]}`, ` {"a" : [ ] } `, `[]`, `{"a":tru}`,
		`{"a":1e5,"b":2E-3,"c":0.1e+1,"d":123456789.123456789}`, secrets,
		`{"AlertId":"1","Data":"{\"a\":[1,{\"b\":null}],\"a.b\":1e3}","OperationProperties":"[{\"Name\":\"a\",\"Value\":2}]","parameters":1}`,
		`{"Parameters":[{"Name":"a","Value":"1"},{"Name":"a","Value":true}],"ModifiedProperties":[{"Name":"Key","OldValue":[1]}],"flattened":{}}`,
		`{"ClientIP":"[NAME (::ffff:10.90.0.1)]:7","UserId":"i:0#.f|membership|a@b","UserKey":3,"ResultStatus":true,"RecordType":"13","Severity":"High"}`,
		`{"ExchangeMetaData":{"From":"a@b","To":["c",""],"CC":"d"},"PolicyDetails":[{"PolicyName":"p","Rules":[{"RuleId":1,"Actions":["BlockAccess"]}]}]}`,
		`{"UserAgent":"","ClientInfoString":"Client=X;UserAgent=y/1;","ObjectId":"C:\\a\\b","FileExtension":"c","FileSize":"1e3","Url":"http://a"}`,
	} {
		f.Add([]byte(text))
	}
	c := newChecker()
	masking := normalize.New(normalize.Options{Redact: true})
	inOCSF := normalize.New(ocsfOptions)
	f.Fuzz(func(t *testing.T, text []byte) {
		rec := newNormalizer().Record(normalize.Raw{Bytes: bytes.TrimLeft(text, " \t\r\n"), Length: int64(len(text))}, source, received)
		printed := rec.AppendJSON(nil)
		got, ok := exact(t, printed).(map[string]any)
		if !ok || len(got) != rec.Fields() {
			t.Fatalf("%d fields in %s", rec.Fields(), printed)
		}
		var original map[string]any
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.UseNumber()
		err := dec.Decode(&original)
		isObject := err == nil && original != nil && dec.Decode(new(any)) == io.EOF
		if _, bad := got["error"]; bad == isObject {
			if err != nil && strings.Contains(err.Error(), "exceeded max depth") {
				return
			}
			t.Fatalf("encoding/json says %v of %q, but the record is %s", err, text, printed)
		}
		if isObject {
			compare(t, original, got)
			raw := normalize.Raw{Bytes: bytes.TrimLeft(text, " \t\r\n"), Length: int64(len(text))}
			clear(c.kinds) // a finding is of one text alone
			c.raw(t, raw, normalize.DLPAll)
			decoded(t, masking.Record(raw, source, received).AppendJSON(nil))
			keptInOCSF(t, inOCSF, raw, normalize.DLPAll)
		}
	})
}

// compare looks for every original field in a record.
func compare(t *testing.T, original, got map[string]any) {
	t.Helper()
	theirs, ok := got["office365"].(map[string]any)
	if !ok {
		theirs = map[string]any{}
	}
	for key, value := range original {
		want, shallow := wanted(value, 2)
		if !shallow {
			continue
		}
		is, there := theirs[key]
		if !there {
			is, there = got[key]
		}
		is, _ = wanted(is, -1000)
		if !there || !same(want, is) {
			t.Fatalf("%q is %#v, not %#v", key, is, want)
		}
	}
}

// same compares values; texts of encoding/json and ours are made of the same
// broken UTF-8 in the same way.
func same(a, b any) bool {
	if f, ok := a.(float64); ok {
		g, ok := b.(float64)
		return ok && (f == g || math.IsNaN(f) && math.IsNaN(g))
	}
	return assert.ObjectsAreEqual(a, b)
}
