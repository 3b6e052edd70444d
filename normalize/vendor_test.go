package normalize_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"

	"office365/normalize"
)

const alertText = `{"Id":"1","Operation":"AlertTriggered","AlertId":"2","Name":"n","Parameters":[{"Name":"a","Value":"b"}],"msg_class":"theirs","Odd":{"x":[1,null]}}`

func TestOriginalFieldsStandOnTop(t *testing.T) {
	t.Parallel()
	m := object(t, alertText, normalize.Options{IndexKey: "index", IndexEvents: "e"})
	assert.Equal(t, "n", m["Name"])
	assert.Equal(t, "office365_audit_general", m["msg_class"])
	assert.Equal(t, map[string]any{"msg_class": "theirs", "parameters": map[string]any{"a": "b"}}, m["office365"])
}

func TestOriginalFieldsNest(t *testing.T) {
	t.Parallel()
	m := object(t, alertText, normalize.Options{IndexKey: "index", IndexEvents: "e", VendorFields: normalize.VendorNested})
	original, _ := exact(t, []byte(alertText)).(map[string]any)
	original["flattened"] = map[string]any{"parameters": map[string]any{"a": "b"}}
	assert.Equal(t, original, m["office365"])
	assert.ElementsMatch(t, []string{
		"msg_class", "msg_origin", "tenant_name", "index", "timestamp", "timestamp_fallback", "write_time", "event", "office365", "Id", "Operation", "AlertId",
	}, keys(m))
	assert.Equal(t, "AlertTriggered", m["Operation"])
}

func TestOriginalFieldsStandInBothPlaces(t *testing.T) {
	t.Parallel()
	m := object(t, alertText, normalize.Options{IndexKey: "Name", IndexEvents: "e", VendorFields: normalize.VendorBoth})
	original, _ := exact(t, []byte(alertText)).(map[string]any)
	assert.Equal(t, "e", m["Name"], "ours wins")
	assert.Equal(t, "office365_audit_general", m["msg_class"], "ours wins")
	for key, value := range original {
		assert.Equal(t, value, dig(m, "office365."+key), key)
		if key != "Name" && key != "msg_class" {
			assert.Equal(t, value, m[key], key)
		}
	}
	assert.Equal(t, map[string]any{"a": "b"}, dig(m, "office365.parameters"))
}

func TestRawIsTheOriginalWithItsClassAndIndex(t *testing.T) {
	t.Parallel()
	for _, mode := range []normalize.VendorFields{normalize.VendorTop, normalize.VendorNested, normalize.VendorBoth} {
		m := object(t, `{"Id":"1","Operation":"UserLoggedIn","url":"theirs","timestamp":2,"Parameters":[{"Name":"a","Value":"b"}]}`, normalize.Options{
			TenantName: "t", TenantID: "i", ConnectorName: "c", IndexKey: "index", IndexEvents: "e", Format: normalize.FormatRaw, VendorFields: mode,
		})
		assert.Equal(t, map[string]any{
			"msg_class": "office365_audit_general", "index": "e",
			"Id": "1", "Operation": "UserLoggedIn", "url": "theirs", "timestamp": json.Number("2"),
			"Parameters": []any{map[string]any{"Name": "a", "Value": "b"}},
		}, m)
	}
	m := object(t, `{"msg_class":"theirs"}`, normalize.Options{Format: normalize.FormatRaw})
	assert.Equal(t, map[string]any{"msg_class": "office365_audit_general", "office365": map[string]any{"msg_class": "theirs"}}, m)
}

func TestOptionsHaveTheNamesOfTheSettings(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "interflow raw", normalize.FormatInterflow.String()+" "+normalize.FormatRaw.String())
	assert.Equal(t, "top nested both", normalize.VendorTop.String()+" "+normalize.VendorNested.String()+" "+normalize.VendorBoth.String())
}
