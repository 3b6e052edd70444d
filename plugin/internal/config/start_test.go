package config

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAStartIsNeverBeforeWhatTheAPIKeeps(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 2, 10, 12, 0, 0, 0, time.FixedZone("IST", 19800))
	earliest := now.Add(-7*24*time.Hour + 5*time.Minute)
	for value, want := range map[string]time.Time{
		"now":                  now,
		"earliest":             earliest,
		"36h":                  now.Add(-36 * time.Hour),
		"7d":                   earliest,
		"30d":                  earliest,
		"2026-02-09T00:00:00Z": time.Date(2026, 2, 9, 0, 0, 0, 0, time.UTC),
		"2020-01-01T00:00:00Z": earliest,
		"2026-03-01T00:00:00Z": time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
	} {
		start, err := parseStart(value)
		require.NoError(t, err, value)
		assert.True(t, want.Equal(start.Time(now)), "%s: %s", value, start.Time(now))
		assert.Equal(t, time.UTC, start.Time(now).Location(), value)
	}
}
