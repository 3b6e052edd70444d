package collector

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/plugin/internal/config"
)

func TestSettingsOfRecordsReachTheNormalizer(t *testing.T) {
	t.Parallel()
	for word, format := range formats {
		assert.Equal(t, string(word), format.String())
		section := map[string]string{
			"tenant_id": "aaaaaaaa-1111-2222-3333-444444444444", "client_id": "bbbbbbbb-1111-2222-3333-444444444444", "client_secret": "s", "format": string(word),
		}
		s, _, err := config.Parse(func(key string) string { return section[key] })
		require.NoError(t, err)
		assert.Equal(t, format, recordOptions(s).Format)
		assert.False(t, recordOptions(s).NoFlatten, "on is the default")
	}
	for word, place := range vendorFields {
		assert.Equal(t, string(word), place.String())
	}
	o := recordOptions(config.Settings{
		TenantName: "a", RecordTenantID: "b", ConnectorName: "c", IndexKey: "d", IndexEvents: "e", IndexAlerts: "f", VendorFields: config.VendorNested, Redact: true,
	})
	assert.Equal(t, []string{"a", "b", "c", "d", "e", "f"}, []string{o.TenantName, o.TenantID, o.ConnectorName, o.IndexKey, o.IndexEvents, o.IndexAlerts})
	assert.Equal(t, "nested", o.VendorFields.String())
	assert.True(t, o.Redact)
	assert.True(t, o.NoFlatten)
}
