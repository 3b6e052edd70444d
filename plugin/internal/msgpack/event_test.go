package msgpack_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	vmihailenco "github.com/vmihailenco/msgpack/v5"
	"pgregory.net/rapid"

	"office365/normalize"
	"office365/plugin/internal/msgpack"
	"office365/tests/bench/corpus"
)

var testSource = normalize.Source{ContentType: normalize.AuditGeneral, ContentID: "20260302$audit_general"}

func newNormalizer() *normalize.Normalizer {
	return normalize.New(normalize.Options{TenantName: "contoso-prod", IndexKey: "index", IndexEvents: "windows_events"})
}

// encode makes an event of one text.
func encode(text string) []byte {
	raw := normalize.Raw{Bytes: []byte(text), Length: int64(len(text))}
	return msgpack.AppendEvent(nil, newNormalizer().Record(raw, testSource, benchReceived))
}

// decode reads one event with an independent decoder, and checks its frame.
func decode(t *testing.T, event []byte) (at time.Time, record map[string]any) {
	t.Helper()
	require.Equal(t, []byte{0x92, 0x92, 0xd7, 0x00}, event[:4])
	at = time.Unix(int64(binary.BigEndian.Uint32(event[4:])), int64(binary.BigEndian.Uint32(event[8:]))).UTC()
	require.Equal(t, byte(0x80), event[12], "the metadata is an empty map")
	body := bytes.NewReader(event[13:])
	v, err := vmihailenco.NewDecoder(body).DecodeInterface()
	require.NoError(t, err)
	require.Zero(t, body.Len(), "bytes after the event")
	record, ok := v.(map[string]any)
	require.True(t, ok)
	return at, record
}

// plainNumbers makes one type of all integers, so that values of two decoders
// compare.
func plainNumbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := make(map[string]any, len(v))
		for key, item := range v {
			m[key] = plainNumbers(item)
		}
		return m
	case []any:
		a := make([]any, len(v))
		for i, item := range v {
			a[i] = plainNumbers(item)
		}
		return a
	case int8, int16, int32, int64, uint8, uint16, uint32, uint64:
		return fmt.Sprint(v)
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			f, err := v.Float64()
			if err != nil {
				return err
			}
			return f
		}
		return v.String()
	default:
		return v
	}
}

// printed returns a record as its JSON says it is.
func printed(t *testing.T, rec *normalize.Record) map[string]any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(rec.AppendJSON(nil)))
	dec.UseNumber()
	m := make(map[string]any)
	require.NoError(t, dec.Decode(&m))
	return m
}

func TestEventIsFramedAsFluentBitTakesIt(t *testing.T) {
	t.Parallel()
	event := encode(`{"CreationTime":"2026-03-02T10:16:31.25","Id":"1"}`)
	want := "9292d700" + fmt.Sprintf("%08x%08x", time.Date(2026, 3, 2, 10, 16, 31, 0, time.UTC).Unix(), 250_000_000) + "80" + "89" // 7 of ours, 2 original
	assert.True(t, strings.HasPrefix(hex.EncodeToString(event), want), "%x", event)
	at, record := decode(t, event)
	assert.Equal(t, time.Date(2026, 3, 2, 10, 16, 31, 250_000_000, time.UTC), at)
	assert.Equal(t, "1", record["Id"])
}

func TestValuesTakeTheirShortestForm(t *testing.T) {
	t.Parallel()
	tests := []struct{ json, want string }{
		{"null", "c0"},
		{"false", "c2"},
		{"true", "c3"},
		{"0", "00"},
		{"127", "7f"},
		{"128", "cc80"},
		{"255", "ccff"},
		{"256", "cd0100"},
		{"65535", "cdffff"},
		{"65536", "ce00010000"},
		{"4294967295", "ceffffffff"},
		{"4294967296", "cf0000000100000000"},
		{"9223372036854775807", "cf7fffffffffffffff"},
		{"-1", "ff"},
		{"-32", "e0"},
		{"-33", "d0df"},
		{"-128", "d080"},
		{"-129", "d1ff7f"},
		{"-32768", "d18000"},
		{"-32769", "d2ffff7fff"},
		{"-2147483648", "d280000000"},
		{"-2147483649", "d3ffffffff7fffffff"},
		{"-9223372036854775808", "d38000000000000000"},
		{"9223372036854775808", "b3" + fmt.Sprintf("%x", "9223372036854775808")},
		{"1.5", "cb3ff8000000000000"},
		{"[]", "90"},
		{"{}", "80"},
		{`""`, "a0"},
		{`"` + strings.Repeat("x", 31) + `"`, "bf" + strings.Repeat("78", 31)},
		{`"` + strings.Repeat("x", 32) + `"`, "d920" + strings.Repeat("78", 32)},
		{`"` + strings.Repeat("x", 255) + `"`, "d9ff" + strings.Repeat("78", 255)},
		{`"` + strings.Repeat("x", 256) + `"`, "da0100" + strings.Repeat("78", 256)},
		{`"` + strings.Repeat("x", 65535) + `"`, "daffff" + strings.Repeat("78", 65535)},
		{`"` + strings.Repeat("x", 65536) + `"`, "db00010000" + strings.Repeat("78", 65536)},
		{"[" + strings.Repeat("1,", 14) + "1]", "9f" + strings.Repeat("01", 15)},
		{"[" + strings.Repeat("1,", 15) + "1]", "dc0010" + strings.Repeat("01", 16)},
		{"[" + strings.Repeat("1,", 65535) + "1]", "dd00010000" + strings.Repeat("01", 65536)},
		{`{"a":1,"b":[{"a":2}],"a":{}}`, "82" + "a162" + "9181a16102" + "a161" + "80"},
	}
	for _, tt := range tests {
		event := hex.EncodeToString(encode(`{"Value":` + tt.json + `}`))
		_, value, found := strings.Cut(event, fmt.Sprintf("%x", "\xa5Value"))
		require.True(t, found)
		assert.Equal(t, tt.want, value, "%.40s", tt.json)
	}
}

func TestMapsOfAnySizeSayHowLargeTheyAre(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 9, 10, 15, 16, 17, 63, 64, 65, 65535, 65536, 70000} {
		var b strings.Builder
		b.WriteString(`{"Inner":{"k":0`)
		for i := range n {
			b.WriteString(`,"k` + strconv.Itoa(i) + `":1`)
		}
		b.WriteString("}")
		for i := range n {
			b.WriteString(`,"k` + strconv.Itoa(i) + `":1`)
		}
		b.WriteString("}")
		_, record := decode(t, encode(b.String()))
		inner, ok := record["Inner"].(map[string]any)
		require.True(t, ok)
		assert.Len(t, inner, n+1)
		assert.Len(t, record, n+8)
	}
}

func TestEventsHoldWhatRecordsSay(t *testing.T) {
	t.Parallel()
	bodies, err := filepath.Glob("../../../normalize/testdata/*/*/in.json")
	require.NoError(t, err)
	blobs := [][]byte{corpus.Blob(corpus.Records(9, 2000))}
	for _, path := range bodies {
		body, err := os.ReadFile(path)
		require.NoError(t, err)
		blobs = append(blobs, body)
	}
	if path := os.Getenv("O365_CORPUS"); path != "" { // a JSON array of real records
		body, err := os.ReadFile(path)
		require.NoError(t, err)
		blobs = append(blobs, body)
	}
	for _, format := range []normalize.Format{normalize.FormatInterflow, normalize.FormatECS, normalize.FormatOCSF} {
		n := normalize.New(normalize.Options{TenantName: "contoso-prod", IndexKey: "index", IndexEvents: "windows_events", Format: format})
		for _, blob := range blobs {
			requireSaid(t, n, blob)
		}
	}
}

// requireSaid compares the events of a blob with what their records print.
func requireSaid(t *testing.T, n *normalize.Normalizer, blob []byte) {
	t.Helper()
	split := normalize.NewSplitter(bytes.NewReader(blob), 0)
	for {
		raw, err := split.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err)
		rec := n.Record(raw, testSource, benchReceived)
		at, got := decode(t, msgpack.AppendEvent(nil, rec))
		require.Equal(t, rec.Time(), at)
		require.Equal(t, plainNumbers(printed(t, rec)), plainNumbers(got))
		require.Len(t, got, rec.Fields())
	}
}

func TestAppendEventAppends(t *testing.T) {
	t.Parallel()
	n := newNormalizer()
	var batch, want []byte
	for _, text := range []string{`{"Id":"1"}`, `{"Id":`, `{"Id":"2","a":[{},[]]}`} {
		rec := n.Record(normalize.Raw{Bytes: []byte(text), Length: int64(len(text))}, testSource, benchReceived)
		batch = msgpack.AppendEvent(batch, rec)
		want = append(want, encode(text)...)
	}
	assert.Equal(t, want, batch)
}

// openContainers returns the most containers that are open at one time.
func openContainers(v any) int {
	deepest := 0
	switch v := v.(type) {
	case map[string]any:
		for _, item := range v {
			deepest = max(deepest, openContainers(item))
		}
	case []any:
		for _, item := range v {
			deepest = max(deepest, openContainers(item))
		}
	default:
		return 0
	}
	return deepest + 1
}

func TestNestingStaysWithinWhatFluentBitReads(t *testing.T) {
	t.Parallel()
	const limit = 32 // msgpack-c's own stack, see normalize.MaxDepth
	for depth := range 100 {
		deep := strings.Repeat(`{"a":[`, depth) + `1` + strings.Repeat(`]}`, depth)
		for _, text := range []string{
			`{"Deep":` + deep + `}`, `{"office365":[` + deep + `]}`, `{"timestamp":` + deep + `}`,
			`{"RecordType":1,"Operation":"Set-Mailbox","Parameters":` + deep + `}`,
			`{"RecordType":8,"Operation":"Update user.","ModifiedProperties":` + deep + `,"Target":` + deep + `}`,
		} {
			for _, o := range []normalize.Options{
				{VendorFields: normalize.VendorTop},
				{VendorFields: normalize.VendorNested},
				{VendorFields: normalize.VendorBoth},
				{Format: normalize.FormatECS},
				{Format: normalize.FormatOCSF},
			} {
				n := normalize.New(o)
				rec := n.Record(normalize.Raw{Bytes: []byte(text), Length: int64(len(text))}, testSource, benchReceived)
				_, record := decode(t, msgpack.AppendEvent(nil, rec))
				assert.LessOrEqual(t, 1+openContainers(record), limit-7, "room for the user's filters")
			}
		}
	}
}

func TestFloatsKeepTheirBits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.Float64().Draw(t, "float")
		format := rapid.SampledFrom([]byte("eEfg")).Draw(t, "format")
		text := strconv.FormatFloat(want, format, rapid.IntRange(-1, 25).Draw(t, "precision"), 64)
		if !strings.ContainsAny(text, ".eE") {
			text += ".0"
		}
		want, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return
		}
		event := encode(`{"Value":` + text + `}`)
		require.Equal(t, byte(0xcb), event[len(event)-9], text)
		require.Equal(t, math.Float64bits(want), binary.BigEndian.Uint64(event[len(event)-8:]), text)
	})
}

// FuzzEvent looks for records whose event is not what their JSON says, or not
// whole.
func FuzzEvent(f *testing.F) {
	for _, text := range []string{
		`{"Id":"1","a":[1,-0,1.5,1e400,12345678901234567890],"b":{"c":null,"c":true}}`,
		`{"a":"\ud83d\ude00 \ud800 \u0000\/\"","\u0061":2,"":{}}`, "{\"a\":\"\xff\xc3\",\"\xfe\":1}", `{"a":01}`,
		`{"index":1,"office365":2,"timestamp":[],"CreationTime":"1969-01-01T00:00:00"}`, `[]`, `{"a":[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		rec := newNormalizer().Record(normalize.Raw{Bytes: text, Length: int64(len(text))}, testSource, benchReceived)
		at, got := decode(t, msgpack.AppendEvent(nil, rec))
		require.Equal(t, rec.Time(), at)
		require.Len(t, got, rec.Fields())
		require.Equal(t, plainNumbers(printed(t, rec)), plainNumbers(got))
	})
}
