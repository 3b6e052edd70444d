package normalize_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/normalize"
)

func TestListsOfNamesAndValuesBecomeObjects(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		want       any // office365
	}{
		{
			"parameters", `{"Parameters":[{"Name":"Identity","Value":"x"},{"Name":"Force","Value":"True"}]}`,
			map[string]any{"parameters": map[string]any{"Identity": "x", "Force": "True"}},
		},
		{"a command line", `{"Parameters":"-Identity \"x\"","NonPIIParameters":"-Identity"}`, map[string]any{"parameters": map[string]any{"_raw": `-Identity "x"`}}},
		{"an empty command line", `{"Parameters":""}`, nil},
		{
			"extended properties", `{"ExtendedProperties":[{"Name":"a","Value":"{\"b\":1}"}]}`,
			map[string]any{"extended_properties": map[string]any{"a": `{"b":1}`}},
		},
		{"device properties", `{"DeviceProperties":[{"Name":"OS","Value":"Linux"}]}`, map[string]any{"device_properties": map[string]any{"OS": "Linux"}}},
		{"operation properties", `{"OperationProperties":[{"Name":"a","Value":"b"}]}`, map[string]any{"operation_properties": map[string]any{"a": "b"}}},
		{
			"operation properties in a string", `{"OperationProperties":"{\"Source\":\"web\",\"n\":1,\"b\":true,\"e\":\"\",\"o\":{\"p\":[1,2]}}"}`,
			map[string]any{"operation_properties": map[string]any{"Source": "web", "n": "1", "b": "true", "o": `{"p":[1,2]}`}},
		},
		{"a list in a string", `{"OperationProperties":" [{\"Name\":\"a\",\"Value\":\"b\"}]\n"}`, map[string]any{"operation_properties": map[string]any{"a": "b"}}},
		{"no JSON in a string", `{"OperationProperties":"{\"Source\":"}`, nil},
		{"a number in a string", `{"OperationProperties":"12"}`, nil},
		{"a string where none belongs", `{"ExtendedProperties":"a","DeviceProperties":"b","ModifiedProperties":"c"}`, nil},
		{"duplicates", `{"Parameters":[{"Name":"a","Value":"1"},{"Name":"b","Value":"2"},{"Name":"a","Value":"3"},{"Name":"a","Value":"1"}]}`, map[string]any{
			"parameters": map[string]any{"a": list("1", "3", "1"), "b": "2"},
		}},
		{"the last is a duplicate of the first", `{"Parameters":[{"Name":"a","Value":"1"},{"Name":"a","Value":"2"}]}`, map[string]any{
			"parameters": map[string]any{"a": list("1", "2")},
		}},
		{"signs that a sink may not like", `{"Parameters":[{"Name":"a.b c\td\u00a0é","Value":"1"},{"Name":"a_b c\td\u00a0é","Value":"2"}]}`, map[string]any{
			"parameters": map[string]any{"a_b_c_d_é": list("1", "2")},
		}},
		{"no value, no name, no pair", `{"Parameters":[{"Name":"a"},{"Value":"b"},{"Name":"","Value":"c"},{"Name":null,"Value":"d"},"e",null,[1],{"Name":"f","Value":""},{"Name":"g","Value":null},{"Name":"h","Value":[]}]}`, nil},
		{"values that are no strings", `{"Parameters":[{"Name":"a","Value":1},{"Name":"b","Value":true},{"Name":"c","Value":1.5},{"Name":"d","Value":["x","y"]},{"Name":"e","Value":{"f":null}},{"Name":7,"Value":"8"}]}`, map[string]any{
			"parameters": map[string]any{"a": "1", "b": "true", "c": "1.5", "d": `["x","y"]`, "e": `{"f":null}`, "7": "8"},
		}},
		{
			"modified properties", `{"ModifiedProperties":[{"Name":"Target.Type","OldValue":"[]","NewValue":"x"},{"Name":"n","NewValue":"y"},{"Name":"o","OldValue":"z","NewValue":""},{"Name":"p","OldValue":"","NewValue":""}]}`,
			map[string]any{"modified_properties": map[string]any{
				"Target_Type": map[string]any{"OldValue": "[]", "NewValue": "x"}, "n": map[string]any{"NewValue": "y"}, "o": map[string]any{"OldValue": "z"},
			}},
		},
		{
			"modified twice", `{"ModifiedProperties":[{"Name":"a","OldValue":"1","NewValue":"2"},{"Name":"a","NewValue":"3"}]}`,
			map[string]any{"modified_properties": map[string]any{"a": []any{map[string]any{"OldValue": "1", "NewValue": "2"}, map[string]any{"NewValue": "3"}}}},
		},
		{"modified properties that are names", `{"ModifiedProperties":["a","b"]}`, nil},
		{"modified to a list", `{"ModifiedProperties":[{"Name":"a","OldValue":["1"],"NewValue":[]}]}`, map[string]any{
			"modified_properties": map[string]any{"a": map[string]any{"OldValue": `["1"]`}},
		}},
	} {
		assert.Equal(t, tt.want, object(t, tt.text)["office365"], tt.name)
	}
}

func TestDataOfAlertsBecomesAnObject(t *testing.T) {
	t.Parallel()
	data := func(text string) any {
		return dig(object(t, `{"AlertId":"1","Data":`+quoted(text)+`}`), "office365.data")
	}
	assert.Equal(t, map[string]any{"etype": "User", "eid": "a@contoso.example"}, data(`{"etype":"User","eid":"a@contoso.example"}`))
	assert.Equal(t, map[string]any{"rtp": "5", "ad": "a\nb", "ts": "2024-02-22 09:46:54Z", "x": `{"y":["z"]}`},
		data(`{"rtp":5,"ad":"a\nb","ts":"2024-02-22 09:46:54Z","cpid":null,"sip":"","x":{"y":["z"]},"none":[],"nil":{}}`))
	assert.Equal(t, map[string]any{"a": "2"}, data(`{"a":1,"a":2}`), "the last of two wins")
	assert.Equal(t, map[string]any{"a_b": "1"}, data(`{"a.b":1}`))
	for _, text := range []string{"", "{", "[1]", "text", "null", "{}", `{"a":1} x`, `{"a":""}`} {
		assert.Nil(t, data(text), text)
	}
	for _, text := range []string{
		`{"Data":"{\"a\":1}"}`, `{"RecordType":64,"Data":"{\"a\":1}"}`, `{"AlertId":"1","Data":{"a":1}}`,
	} {
		assert.Nil(t, object(t, text)["office365"], "%s: no alert, or no text", text)
	}
	assert.Equal(t, map[string]any{"a": "1"}, dig(object(t, `{"RecordType":40,"Data":"{\"a\":1}"}`), "office365.data"))
}

func TestHelperObjectsAreBounded(t *testing.T) {
	t.Parallel()
	parameters := func(entries []string) map[string]any {
		m := object(t, `{"Parameters":[`+strings.Join(entries, ",")+`]}`)
		require.Len(t, m["Parameters"], len(entries), "the original is whole")
		p, _ := dig(m, "office365.parameters").(map[string]any)
		return p
	}
	entry := func(name string, length int) string {
		return fmt.Sprintf(`{"Name":%q,"Value":%q}`, name, strings.Repeat("x", length))
	}
	many := make([]string, 0, 1000)
	for i := range 1000 {
		many = append(many, entry(fmt.Sprintf("n%d", i%500), 1))
	}
	names := parameters(many)
	assert.Len(t, names, 200, "names")
	assert.Equal(t, list("x", "x"), names["n199"], "a name that is there takes more")

	long := make([]string, 0, 9)
	for i := range 9 {
		long = append(long, entry(fmt.Sprintf("n%d", i), 10_000))
	}
	assert.Len(t, parameters(long), 6, "bytes")

	assert.Len(t, parameters([]string{entry("a", 32<<10), entry("b", 32<<10+1)}), 1, "one value")
	big := `{"Name":"list","Value":["` + strings.Repeat(`x","`, 20_000) + `"]}`
	assert.Equal(t, map[string]any{"a": "x"}, parameters([]string{big, entry("a", 1)}))
}

func TestHelperObjectsAreLeftOutOfHugeRecords(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]bool{1_000_000: true, 2_000_000: false} {
		m := object(t, fmt.Sprintf(`{"Id":"1","Parameters":[{"Name":"a","Value":"b"}],"Filler":%q}`, strings.Repeat("x", size)))
		assert.Equal(t, want, m["office365"] != nil, size)
		assert.Equal(t, "1", dig(m, "event.id"))
	}
}

func TestFlattenOffLeavesTheListsAlone(t *testing.T) {
	t.Parallel()
	text := `{"AlertId":"1","Data":"{\"a\":1}","Parameters":[{"Name":"a","Value":"b"}],"ExtendedProperties":[{"Name":"UserAgent","Value":"x/1"}]}`
	m := object(t, text, normalize.Options{NoFlatten: true})
	assert.NotContains(t, m, "office365")
	assert.Equal(t, "x/1", m["user_agent"])
	assert.Equal(t, decoded(t, []byte(text))["Parameters"], m["Parameters"])
}

func TestAnOriginalFieldOfAHelpersNameKeepsItsPlace(t *testing.T) {
	t.Parallel()
	text := `{"Parameters":[{"Name":"a","Value":"b"}],"parameters":"theirs","DeviceProperties":[{"Name":"a","Value":"b"}],"flattened":1}`
	for mode, want := range map[normalize.VendorFields][]string{
		normalize.VendorTop:    {"device_properties"},
		normalize.VendorBoth:   {"device_properties", "Parameters", "parameters", "DeviceProperties", "flattened"},
		normalize.VendorNested: {"Parameters", "parameters", "DeviceProperties", "flattened"},
	} {
		m := object(t, text, normalize.Options{VendorFields: mode})
		ours, _ := m["office365"].(map[string]any)
		assert.ElementsMatch(t, want, keys(ours), mode)
		if mode != normalize.VendorTop {
			assert.Equal(t, "theirs", ours["parameters"])
			assert.Equal(t, json.Number("1"), ours["flattened"])
		}
	}
}
