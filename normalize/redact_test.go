package normalize_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/normalize"
)

const pin = "4111 1111 1111 1111"

// secrets is a record with a secret in each place where redaction looks for one.
var secrets = `{"Id":"1","RecordType":13,"PolicyDetails":[{"Rules":[{"ConditionsMatched":{"SensitiveInformation":[{"SensitiveType":"t","Count":2,
"SensitiveInformationDetections":{"DetectedValues":[{"Name":"` + pin + `","Value":"to ` + pin + `","Count":4111111111111111,"IsMatch":true},{"Name":"` + pin + `","Value":null}],"ResultsTruncated":false}}]}}]}],
"SensitiveInfoTypeData":[{"SensitiveInformationDetectionsInfo":{"DetectedValues":["` + pin + `",{"Context":{"a":["` + pin + `"]}}]}}],
"ModifiedProperties":[{"Name":"StrongAuthenticationPassWord","OldValue":"` + pin + `","NewValue":["` + pin + `"]},{"Name":"KeyDescription","NewValue":"` + pin + `"},{"Name":"Client.Secret","NewValue":""},
{"Name":"DisplayName","OldValue":"old","NewValue":"new"},"names",{"OldValue":"x"}],
"AlertId":"2","Data":"{\"a\":\"x\",\"DetectedValues\":[\"` + pin + `\"]}","Word":"DetectedValues","Deep":` + deepSecret + `}`

var deepSecret = strings.Repeat("[", 30) + `{"DetectedValues":["` + pin + `"]}` + strings.Repeat("]", 30)

func TestRedactionMasksWhatWasDetected(t *testing.T) {
	t.Parallel()
	const masked = "[redacted]"
	for _, mode := range []normalize.VendorFields{normalize.VendorTop, normalize.VendorNested, normalize.VendorBoth} {
		for format := range normalize.FormatOCSF + 1 {
			text := newRecord(t, secrets, normalize.Options{Redact: true, VendorFields: mode, Format: format, RawText: true})
			assert.NotContains(t, text, pin)
			assert.NotContains(t, text, "4111111111111111")
		}
	}
	m := object(t, secrets, normalize.Options{Redact: true})
	details, _ := m["PolicyDetails"].([]any)
	want := exact(t, []byte(strings.NewReplacer(`"`+pin+`"`, `"[redacted]"`, `"to `+pin+`"`, `"[redacted]"`, "4111111111111111", `"[redacted]"`).Replace(secrets)))
	original, _ := want.(map[string]any)
	assert.Equal(t, original["PolicyDetails"], any(details), "lengths and types stay")
	assert.Equal(t, original["SensitiveInfoTypeData"], m["SensitiveInfoTypeData"])
	assert.Equal(t, []any{
		map[string]any{"Name": "StrongAuthenticationPassWord", "OldValue": masked, "NewValue": list(masked)},
		map[string]any{"Name": "KeyDescription", "NewValue": masked},
		map[string]any{"Name": "Client.Secret", "NewValue": masked},
		map[string]any{"Name": "DisplayName", "OldValue": "old", "NewValue": "new"},
		"names",
		map[string]any{"OldValue": "x"},
	}, m["ModifiedProperties"])
	assert.Equal(t, map[string]any{
		"StrongAuthenticationPassWord": map[string]any{"OldValue": masked, "NewValue": `["[redacted]"]`},
		"KeyDescription":               map[string]any{"NewValue": masked},
		"Client_Secret":                map[string]any{"NewValue": masked},
		"DisplayName":                  map[string]any{"OldValue": "old", "NewValue": "new"},
	}, dig(m, "office365.modified_properties"))
	assert.Regexp(t, `^\{"a":"x","\[redacted\]$`, m["Data"], "JSON that is not read here is cut")
	assert.Nil(t, dig(m, "office365.data"))
	assert.Equal(t, "DetectedValues", m["Word"])
	assert.Equal(t, "1", dig(m, "event.id"))
}

func newRecord(t *testing.T, text string, o normalize.Options) string {
	t.Helper()
	rec := normalize.New(o).Record(normalize.Raw{Bytes: []byte(text), Length: int64(len(text))}, source, received)
	require.NotNil(t, rec)
	return string(rec.AppendJSON(nil))
}

func TestWithoutRedactionNothingIsMasked(t *testing.T) {
	t.Parallel()
	original, _ := exact(t, []byte(secrets)).(map[string]any)
	m := object(t, secrets)
	for key, value := range original {
		if key != "Deep" {
			assert.Equal(t, value, m[key], key)
		}
	}
}

func TestRedactionOfOneRawTwiceIsTheSame(t *testing.T) {
	t.Parallel()
	s := normalize.NewSplitter(strings.NewReader("["+secrets+"]"), 0)
	raw, err := s.Next()
	require.NoError(t, err)
	o := normalize.Options{Redact: true}
	first := string(normalize.New(o).Record(raw, source, received).AppendJSON(nil))
	assert.Equal(t, first, string(normalize.New(o).Record(raw, source, received).AppendJSON(nil)))
	assert.Equal(t, first, newRecord(t, secrets, o))
}

func TestRedactionCutsATextThatIsNoRecord(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"Id":1,"ModifiedProperties":[{"Name":"Password"` + pin: `{"Id":1,"[redacted]`,
		`{"DetectedValues":["` + pin:                             `{"[redacted]`,
		`{"DetectedValues":"` + pin + `","ModifiedProperties":`:  `{"[redacted]`,
		`{"Id":`: `{"Id":`,
	} {
		var m map[string]any
		m, _ = exact(t, []byte(newRecord(t, text, normalize.Options{Redact: true}))).(map[string]any)
		assert.Equal(t, want, dig(m, "event.original"), text)
	}
}
