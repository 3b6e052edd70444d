package normalize_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"office365/normalize"
)

// element is what the tests look at of a Raw.
type element struct {
	Text string
	Kind normalize.ErrorKind
}

// elements reads a blob to its end.
func elements(s *normalize.Splitter) (all []element, end error) {
	all = []element{}
	for {
		raw, err := s.Next()
		if err != nil {
			return all, err
		}
		if raw.Position != len(all) {
			return all, fmt.Errorf("element %d has position %d", len(all), raw.Position)
		}
		e := element{Text: string(raw.Bytes)}
		if bad := (*normalize.RecordError)(nil); errors.As(raw.Err, &bad) {
			e.Kind = bad.Kind
		}
		all = append(all, e)
	}
}

func good(texts ...string) []element {
	all := make([]element, 0, len(texts))
	for _, text := range texts {
		all = append(all, element{Text: text})
	}
	return all
}

// mark makes an object that is a record of its own by its fields.
func mark(rest string) string {
	return `{"CreationTime":"2026-03-02T10:16:31","Id":"1","Operation":"A","RecordType":1` + rest + `}`
}

func TestSplitterGivesEveryElement(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		body string
		want []element
	}{
		{"nothing in the array", `[]`, good()},
		{"nothing but white space in the array", " [ \r\n\t ] ", good()},
		{"one record", `[{"a":1}]`, good(`{"a":1}`)},
		{"several records", `[{"a":1},{"b":[2,{}]},{}]`, good(`{"a":1}`, `{"b":[2,{}]}`, `{}`)},
		{"white space everywhere", " [ { \"a\" : 1 } ,\n{} ]\n", good(`{ "a" : 1 }`, `{}`)},
		{"a byte order mark", "\xef\xbb\xbf" + `[{"a":1}]`, good(`{"a":1}`)},
		{"brackets and quotes in strings", `[{"a":"}],[{\"\\"},{"b":2}]`, good(`{"a":"}],[{\"\\"}`, `{"b":2}`)},
		{"a bare object", ` {"a":1} `, good(`{"a":1}`)},
		{"bare objects in a row", "{\"a\":1}\n{\"b\":2}\n", good(`{"a":1}`, `{"b":2}`)},
		{"commas too many and too few", `[,{"a":1}{"b":2},,{"c":3},]`, good(`{"a":1}`, `{"b":2}`, `{"c":3}`)},
		{
			"elements that are no objects", `[1,{"a":1},"x",null , [{"b":2}],-1.5e3]`,
			[]element{
				{"1", normalize.KindNotObject},
				{Text: `{"a":1}`},
				{`"x"`, normalize.KindNotObject},
				{"null", normalize.KindNotObject},
				{`[{"b":2}]`, normalize.KindNotObject},
				{"-1.5e3", normalize.KindNotObject},
			},
		},
		{
			"a value that is none", `[{"a":1},{"b":nil},{"c":3}]`,
			[]element{{Text: `{"a":1}`}, {`{"b":nil}`, normalize.KindSyntax}, {Text: `{"c":3}`}},
		},
		{
			"words between records", `[{"a":1},oops,{"c":3}]`,
			[]element{{Text: `{"a":1}`}, {`oops`, normalize.KindSyntax}, {Text: `{"c":3}`}},
		},
		{
			"words before a record with its fields", `[{"a":1},oops,` + mark("") + `]`,
			[]element{{Text: `{"a":1}`}, {`oops`, normalize.KindSyntax}, {Text: mark("")}},
		},
		{
			"a bad value and nested objects like those behind it",
			`[{"a":[{"b":x},{"b":2},{"b":3}],"c":{"d":4}},{"e":5}]`,
			[]element{{`{"a":[{"b":x},{"b":2},{"b":3}],"c":{"d":4}}`, normalize.KindSyntax}, {Text: `{"e":5}`}},
		},
		{
			"a lost quote before a record with its fields", `[{"a":"x},` + mark(`,"b":[{"c":1},{"c":2}]`) + `,{"e":5}]`,
			[]element{{`{"a":"x}`, normalize.KindSyntax}, {Text: mark(`,"b":[{"c":1},{"c":2}]`)}, {Text: `{"e":5}`}},
		},
		{
			"a lost closing bracket", `[{"a":{"b":1},` + mark("") + `]`,
			[]element{{`{"a":{"b":1}`, normalize.KindSyntax}, {Text: mark("")}},
		},
		{
			"a closing bracket too many", `[{"a":1}},{"b":2}]`,
			[]element{{Text: `{"a":1}`}, {`}`, normalize.KindSyntax}, {Text: `{"b":2}`}},
		},
		{
			"an array that ends too early", `[{"a":1}],` + mark("") + `]`,
			[]element{{Text: `{"a":1}`}, {`]`, normalize.KindSyntax}, {Text: mark("")}},
		},
		{
			"a second closing bracket", `[{"a":1}]]`, []element{{Text: `{"a":1}`}, {`]`, normalize.KindSyntax}},
		},
		{
			"the last record is bad and brackets do not tell its end", `[{"a":1},{"b":"c" "]`,
			[]element{{Text: `{"a":1}`}, {`{"b":"c" "`, normalize.KindSyntax}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for buffer := 2; buffer < len(tt.body)+4; buffer++ {
				got, err := elements(normalize.NewSmallSplitter(iotest.OneByteReader(strings.NewReader(tt.body)), 0, buffer))
				require.ErrorIs(t, err, io.EOF, "buffer of %d bytes", buffer)
				require.Equal(t, tt.want, got, "buffer of %d bytes", buffer)
			}
		})
	}
}

func TestSplitterTellsABodyThatIsNoBlob(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		body string
		want normalize.BlobError
	}{
		{"nothing", "", normalize.BlobError{Message: "the body is empty"}},
		{"white space", " \n", normalize.BlobError{Message: "the body is empty"}},
		{"only a byte order mark", "\xef\xbb\xbf", normalize.BlobError{Message: "the body is empty"}},
		{"an empty object", "{}", normalize.BlobError{Message: "the body is an empty object"}},
		{
			"HTML", "<html>\n<body>502\x00 Bad Gateway</body>",
			normalize.BlobError{Message: "the body is neither an array nor an object", Text: "<html> <body>502  Bad Gateway</body>"},
		},
		{"a string", `"AF429"`, normalize.BlobError{Message: "the body is neither an array nor an object", Text: `"AF429"`}},
		{
			"an error of the service", `{"error":{"code":"AF50000","message":"An internal error occurred."}}`,
			normalize.BlobError{
				Code: "AF50000", Message: "An internal error occurred.",
				Text: `{"error":{"code":"AF50000","message":"An internal error occurred."}}`,
			},
		},
		{
			"an error with a number for a code", `{"error":{"code":429,"message":null}}`,
			normalize.BlobError{Code: "429", Text: `{"error":{"code":429,"message":null}}`},
		},
		{
			"an error in one level", `{"error":"invalid_client","error_description":"AADSTS7000215"}`,
			normalize.BlobError{Code: "invalid_client", Message: "AADSTS7000215", Text: `{"error":"invalid_client","error_description":"AADSTS7000215"}`},
		},
		{
			"the words of the gateway", `{"Message":"Authorization has been denied for this request."}`,
			normalize.BlobError{
				Message: "Authorization has been denied for this request.",
				Text:    `{"Message":"Authorization has been denied for this request."}`,
			},
		},
		{"a malformed object", `{"a":01}`, normalize.BlobError{Message: "the body is no JSON", Text: `{"a":01}`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := elements(normalize.NewSplitter(strings.NewReader(tt.body), 0))
			assert.Empty(t, got)
			var blob *normalize.BlobError
			require.ErrorAs(t, err, &blob)
			assert.Equal(t, tt.want, *blob)
		})
	}
}

func TestSplitterTakesARecordWithAnErrorFieldForARecord(t *testing.T) {
	t.Parallel()
	body := `{"Id":"1","error":{"code":"AF1"}}`
	got, err := elements(normalize.NewSplitter(strings.NewReader(body), 0))
	require.ErrorIs(t, err, io.EOF)
	assert.Equal(t, good(body), got)
}

func TestSplitterReportsWhatFollowsTheArray(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`[{"a":1}]oops`, `[{"a":1}] oops]`, `{"a":1}oops`, `{"a":1}]`} {
		got, err := elements(normalize.NewSplitter(strings.NewReader(body), 0))
		assert.Equal(t, good(`{"a":1}`), got, body)
		var blob *normalize.BlobError
		require.ErrorAs(t, err, &blob, body)
		assert.Contains(t, blob.Error(), "followed by something else")
	}
}

func TestSplitterOfATruncatedBlobGivesEveryWholeRecord(t *testing.T) {
	t.Parallel()
	body := ` [{"a":"x"}, {"b":[1]},{"c":{}}]`
	whole := good(`{"a":"x"}`, `{"b":[1]}`, `{"c":{}}`)
	for n := 2; n < len(body); n++ {
		complete := strings.Count(body[:n], "},") + strings.Count(body[:n], "}}") // what has ended before n
		got, err := elements(normalize.NewSmallSplitter(strings.NewReader(body[:n]), 0, 4))
		require.ErrorIs(t, err, io.ErrUnexpectedEOF, "%d bytes", n)
		require.GreaterOrEqual(t, len(got), complete, "%d bytes", n)
		require.Equal(t, whole[:len(got)], got, "%d bytes", n)
	}
}

func TestSplitterReturnsTheErrorOfItsReader(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	for _, body := range []string{"", "[", `[{"a":1}`, `[{"a":1},{"b`, `[{"a":1}]`} {
		s := normalize.NewSplitter(io.MultiReader(strings.NewReader(body), iotest.ErrReader(broken)), 0)
		got, err := elements(s)
		require.ErrorIs(t, err, broken, body)
		assert.Len(t, got, strings.Count(body, "}"), body)
		_, again := s.Next()
		require.ErrorIs(t, again, broken, "the end stays the end")
	}
}

func TestSplitterPassesOverARecordThatIsTooLong(t *testing.T) {
	t.Parallel()
	const limit = 100 << 10
	before, after := mark(`,"n":1`), mark(`,"n":2`)
	for _, long := range []string{
		`{"text":"` + strings.Repeat("x", 300<<10) + `"}`,
		`{"text":"` + strings.Repeat(`\"}{`, 100<<10) + `"}`,
		`[` + strings.Repeat(`{"a":[1]},`, 40<<10) + `0]`,
		strconv.Quote(strings.Repeat("y", 300<<10)),
		strings.Repeat("7", 300<<10),
		`{"text":"` + strings.Repeat("x", limit-9) + `"}`,
	} {
		s := normalize.NewSplitter(strings.NewReader("["+before+","+long+" ,"+after+"]"), limit)
		first, err := s.Next()
		require.NoError(t, err)
		assert.Equal(t, before, string(first.Bytes))
		raw, err := s.Next()
		require.NoError(t, err)
		var e *normalize.RecordError
		require.ErrorAs(t, raw.Err, &e)
		assert.Equal(t, normalize.KindTooLong, e.Kind)
		assert.Equal(t, int64(len(long)), raw.Length)
		assert.Equal(t, long[:64<<10], string(raw.Bytes))
		last, err := s.Next()
		require.NoError(t, err)
		assert.Equal(t, after, string(last.Bytes))
		_, err = s.Next()
		require.ErrorIs(t, err, io.EOF)
	}
}

func TestSplitterTakesARecordOfExactlyTheLimit(t *testing.T) {
	t.Parallel()
	rec := mark("")
	got, err := elements(normalize.NewSplitter(strings.NewReader("["+rec+"]"), len(rec)))
	require.ErrorIs(t, err, io.EOF)
	assert.Equal(t, good(rec), got)
}

func TestSplitterFindsARecordBehindMuchBadText(t *testing.T) {
	t.Parallel()
	rec := mark("")
	bad := `{"a":"x},` + strings.Repeat(`{"b": x `, 100<<10)
	s := normalize.NewSplitter(strings.NewReader("["+rec+","+bad+","+rec+"]"), 100<<10)
	_, err := s.Next()
	require.NoError(t, err)
	raw, err := s.Next()
	require.NoError(t, err)
	require.Error(t, raw.Err)
	assert.Equal(t, bad[:64<<10], string(raw.Bytes))
	assert.Equal(t, int64(len(strings.TrimSpace(bad))), raw.Length)
	last, err := s.Next()
	require.NoError(t, err)
	assert.Equal(t, rec, string(last.Bytes))
	_, err = s.Next()
	require.ErrorIs(t, err, io.EOF)
}

func TestSplitterCanBeReset(t *testing.T) {
	t.Parallel()
	s := normalize.NewSplitter(strings.NewReader(`[{"a":1},{"b`), 0)
	_, err := elements(s)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	s.Reset(strings.NewReader(`[{"c":` + `"` + strings.Repeat("x", 3<<20) + `"}]`))
	got, err := elements(s)
	require.ErrorIs(t, err, io.EOF)
	assert.Len(t, got, 1)
	s.Reset(strings.NewReader(`[{"d":1}]`))
	got, err = elements(s)
	require.ErrorIs(t, err, io.EOF)
	assert.Equal(t, good(`{"d":1}`), got)
}

// anyRecord draws a record with the fields of the common schema and others of
// any shape.
func anyRecord(t *rapid.T, id int) string {
	text := rapid.StringMatching(`([a-zé ,:{}\[\]]|\\"|\\\\|\\u00e9){0,12}`)
	var value func(depth int) string
	value = func(depth int) string {
		most := 6
		if depth == 0 {
			most = 3
		}
		switch rapid.IntRange(0, most).Draw(t, "kind") {
		case 0:
			return strconv.Itoa(rapid.Int().Draw(t, "int"))
		case 1, 2:
			return `"` + text.Draw(t, "text") + `"`
		case 3:
			return rapid.SampledFrom([]string{"true", "false", "null", "[]", "{}", "1.5e3"}).Draw(t, "word")
		case 4:
			return "[" + value(depth-1) + "," + value(depth-1) + "]"
		case 5:
			return `[{"Name":` + value(depth-1) + `},{"Name":` + value(depth-1) + `}]`
		default:
			return `{"Id":` + value(depth-1) + `,"` + text.Draw(t, "key") + `":` + value(depth-1) + "}"
		}
	}
	return fmt.Sprintf(`{"CreationTime":"2026-03-02T10:16:31","Id":"id-%d","Operation":"Op","RecordType":%d,"Data":%s,"Parameters":%s,"Last":%s}`,
		id, id, value(2), value(2), value(1))
}

// corrupted changes one byte of a record for another, leaves it out or puts one in.
func corrupted(t *rapid.T, rec string) string {
	i := rapid.IntRange(0, len(rec)-1).Draw(t, "at")
	b := rapid.OneOf(rapid.SampledFrom([]byte("{}[]\",:\\ 0x\n")), rapid.Byte()).Draw(t, "byte")
	switch rapid.IntRange(0, 2).Draw(t, "how") {
	case 0:
		return rec[:i] + string([]byte{b}) + rec[i+1:]
	case 1:
		return rec[:i] + rec[i+1:]
	default:
		return rec[:i] + string([]byte{b}) + rec[i:]
	}
}

func TestSplitterLosesNoRecordToAByteThatIsWrongInAnother(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		records := make([]string, rapid.IntRange(1, 5).Draw(t, "records"))
		for i := range records {
			records[i] = anyRecord(t, i)
		}
		k := rapid.IntRange(0, len(records)-1).Draw(t, "bad one")
		bad := corrupted(t, records[k])
		parts := append(append(append([]string{}, records[:k]...), bad), records[k+1:]...)
		blob := "[" + strings.Join(parts, rapid.SampledFrom([]string{",", ", ", "\r\n,\n"}).Draw(t, "comma")) + "]"

		buffer := rapid.IntRange(2, 3000).Draw(t, "buffer")
		got, err := elements(normalize.NewSmallSplitter(iotest.HalfReader(strings.NewReader(blob)), 0, buffer))

		require.GreaterOrEqual(t, len(got), len(records)-1, "%s\n%v", blob, got)
		require.Equal(t, good(records[:k]...), got[:k:k], blob)
		if after := len(records) - k - 1; after > 0 {
			require.ErrorIs(t, err, io.EOF, blob)
			require.Equal(t, good(records[k+1:]...), got[len(got)-after:], blob)
		}
	})
}

func TestSplitterLosesNoRecordAtAllWhereQuotesAndBracketsAreIntact(t *testing.T) {
	t.Parallel()
	plain := `{"Name":"}],[{","a":[{"b":1},{"b":[2,{"c":"\\\""}]}],"d":{"e":{},"f":null},"g":-1.5}`
	for i := range len(plain) {
		for _, b := range []byte("x0 \x00\xff:") {
			if strings.IndexByte("{}[]\",:\\", plain[i]) >= 0 {
				continue
			}
			bad := plain[:i] + string([]byte{b}) + plain[i+1:]
			blob := "[" + plain + "," + bad + " ,\n" + plain + "," + bad + "]"
			got, err := elements(normalize.NewSmallSplitter(strings.NewReader(blob), 0, 10))
			require.ErrorIs(t, err, io.EOF, bad)
			require.Len(t, got, 4, bad)
			require.Equal(t, element{Text: plain}, got[0], bad)
			require.Equal(t, bad, got[1].Text)
			require.Equal(t, element{Text: plain}, got[2], bad)
			require.Equal(t, bad, got[3].Text)
		}
	}
}

func TestSplitterIsTheSameForAnyReader(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var blob strings.Builder
		blob.WriteString("[")
		for i := range rapid.IntRange(0, 4).Draw(t, "records") {
			rec := anyRecord(t, i)
			for range rapid.IntRange(0, 2).Draw(t, "faults") {
				rec = corrupted(t, rec)
			}
			blob.WriteString(rec + ",")
		}
		blob.WriteString("]")
		limit := rapid.IntRange(50, 2000).Draw(t, "limit")
		want, wantErr := elements(normalize.NewSplitter(strings.NewReader(blob.String()), limit))
		buffer := rapid.IntRange(2, 500).Draw(t, "buffer")
		got, err := elements(normalize.NewSmallSplitter(iotest.OneByteReader(strings.NewReader(blob.String())), limit, buffer))
		require.Equal(t, wantErr, err)
		require.Equal(t, want, got)
	})
}

// FuzzSplit looks for text that makes the splitter panic, loop, or give bytes
// that are not there, or twice.
func FuzzSplit(f *testing.F) {
	for _, body := range []string{
		`[]`, `[{"a":1},{"b":[{},null]}]`, "\xef\xbb\xbf" + `{"Id":"1"}`, `[1,"x",{"a":"\u00e9\"]"}]`, `[{"a":"x},` + mark("") + `]`,
		`{"error":{"code":"AF50000"}}`, `<html>`, `[{"a":[1,2}},` + mark(`,"b":{}`) + `]`, `[{"a":1}]]`,
	} {
		f.Add([]byte(body), 40, 8)
	}
	f.Fuzz(func(t *testing.T, body []byte, limit, buffer int) {
		limit, buffer = 1+(limit&0x3ff), 2+(buffer&0xff)
		s := normalize.NewSmallSplitter(bytes.NewReader(body), limit, buffer)
		rest := body
		for n := 0; ; n++ {
			raw, err := s.Next()
			if err != nil {
				break
			}
			if n > len(body) {
				t.Fatal("more elements than bytes")
			}
			i := bytes.Index(rest, raw.Bytes)
			if i < 0 || raw.Length < int64(len(raw.Bytes)) || raw.Length > int64(len(rest)-i) {
				t.Fatalf("element %d of %d bytes, %q, is not in what was left: %q", n, raw.Length, raw.Bytes, rest)
			}
			rest = rest[i+int(raw.Length):]
		}
	})
}
