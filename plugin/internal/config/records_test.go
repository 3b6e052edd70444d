package config

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/normalize"
)

func TestSettingsOfRecordsReachTheNormalizer(t *testing.T) {
	t.Parallel()
	for word, format := range normalizeFormat {
		assert.Equal(t, string(word), format.String())
		section := map[string]string{
			"tenant_id": "aaaaaaaa-1111-2222-3333-444444444444", "client_id": "bbbbbbbb-1111-2222-3333-444444444444", "client_secret": "s", "format": string(word),
		}
		s, _, err := Parse(func(key string) string { return section[key] })
		require.NoError(t, err)
		assert.Equal(t, format, s.RecordOptions().Format)
		assert.False(t, s.RecordOptions().NoFlatten, "on is the default")
	}
	for word, place := range normalizeVendor {
		assert.Equal(t, string(word), place.String())
	}
	o := (Settings{
		TenantName: "a", RecordTenantID: "b", ConnectorName: "c", IndexKey: "d", IndexEvents: "e", IndexAlerts: "f", VendorFields: VendorNested, Redact: true, RawText: true,
	}).RecordOptions()
	assert.Equal(t, []string{"a", "b", "c", "d", "e", "f"}, []string{o.TenantName, o.TenantID, o.ConnectorName, o.IndexKey, o.IndexEvents, o.IndexAlerts})
	assert.Equal(t, "nested", o.VendorFields.String())
	assert.True(t, o.Redact)
	assert.True(t, o.RawText)
	assert.True(t, o.NoFlatten)
}

func TestSettingsOfAlertsReachTheMerge(t *testing.T) {
	t.Parallel()
	for word, updates := range normalizeUpdates {
		assert.Equal(t, string(word), updates.String())
	}
	assert.Equal(t, normalize.MergeOptions{
		Updates: normalize.AlertsOnce, Wait: 1, TTL: 2, MaxEntities: 3, StatusUpdates: true, Bundle: true,
	}, Settings{
		AlertUpdates: UpdatesOnce, AlertMergeWait: 1, AlertMergeTTL: 2, AlertMaxEntities: 3, AlertStatusUpdates: true, OriginalBundle: true,
	}.MergeOptions())
}
