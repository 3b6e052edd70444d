package normalize_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/normalize"
)

func TestAnUndecodableRecordStaysWithinTheLimit(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text   string
		length int // of event.original
	}{
		"short: a mark of three bytes for each that is not UTF-8": {"{" + strings.Repeat("\xff", 10), 1 + 3*10},
		"long: no longer than it came":                            {"{" + strings.Repeat("\xff", 100_000), 100_000},
		"no mark is cut in two":                                   {"{}" + strings.Repeat("\xff", 100_000), 100_001},
		"the beginning of one that is too long":                   {strings.Repeat("\xff", 64<<10), 64<<10 - 1},
		"text as it came":                                         {"{" + strings.Repeat("é", 100_000), 200_001},
	} {
		raw := normalize.Raw{Bytes: []byte(tt.text), Length: int64(len(tt.text))}
		m := decoded(t, newNormalizer().Record(raw, source, received).AppendJSON(nil))
		original, ok := dig(m, "event.original").(string)
		require.True(t, ok)
		length := len(original)
		assert.Equal(t, tt.length, length, name)
	}
}

func TestUndecodableTextIsFoundInEveryFormat(t *testing.T) {
	t.Parallel()
	raw := normalize.Raw{Bytes: []byte(`{"Id":`), Position: 3, Length: 6}
	for _, o := range []normalize.Options{
		{IndexKey: "index", IndexEvents: "e", Format: normalize.FormatRaw},
		{IndexKey: "index", IndexEvents: "e", VendorFields: normalize.VendorNested},
		{IndexKey: "index", IndexEvents: "e", Redact: true},
	} {
		m := decoded(t, normalize.New(o).Record(raw, source, received).AppendJSON(nil))
		assert.Equal(t, map[string]any{
			"msg_class": "office365_audit_general", "index": "e", "error.type": "syntax", "error.message": "expected a value at byte 6",
			"event.original": `{"Id":`, "office365.content_id": source.ContentID, "office365.position": json.Number("3"), "office365.length": json.Number("6"),
		}, pick(m, "msg_class", "index", "error.type", "error.message", "event.original", "office365.content_id", "office365.position", "office365.length"))
		assert.Equal(t, o.Format != normalize.FormatRaw, m["timestamp"] != nil)
	}
}
