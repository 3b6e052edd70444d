package activity

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestServerTimeIsTheEarlierOfBothClocks(t *testing.T) {
	t.Parallel()
	for name, offset := range map[string]time.Duration{
		"equal": 0, "ahead": 10 * time.Minute, "behind": -10 * time.Minute, "a year behind": -365 * 24 * time.Hour,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, answering(200, "[]", "Date", testNow.Add(offset).Format(http.TimeFormat)))
			client, _ := newClient(t, s.URL)
			assert.Equal(t, testNow, client.ServerTime(testNow), "before the first answer")
			_, known := client.ClockOffset(testNow)
			assert.False(t, known)

			_, err := client.Subscriptions(t.Context())
			require.NoError(t, err)
			later := testNow.Add(3 * time.Hour)
			assert.Equal(t, later.Add(min(offset, 0)), client.ServerTime(later))
			got, known := client.ClockOffset(later)
			assert.True(t, known)
			assert.Equal(t, offset, got)
		})
	}
}

func TestRefusalTellsTheServersTimeToo(t *testing.T) {
	t.Parallel()
	s := newService(t, answering(400, `{"error":{"code":"AF20055"}}`, "Date", testNow.Add(-2*time.Hour).Format(http.TimeFormat)))
	client, _ := newClient(t, s.URL)
	_, err := client.Subscriptions(t.Context())
	assertRefused(t, err, Window)
	assert.Equal(t, testNow.Add(-2*time.Hour), client.ServerTime(testNow))
}

func TestClockOfAProxyDoesNotCount(t *testing.T) {
	t.Parallel()
	for _, header := range [][]string{
		{"Date", testNow.Add(-24 * time.Hour).Format(http.TimeFormat), "Content-Type", "text/HTML; charset=utf-8"},
		{"Date", "yesterday"},
	} {
		s := newService(t, answering(502, "", header...))
		client, _ := newClient(t, s.URL)
		_, err := client.Subscriptions(t.Context())
		assertRefused(t, err, Retry)
		assert.Equal(t, testNow, client.ServerTime(testNow))
	}
}

func TestSettingTheWallClockDoesNotMoveTheServersTime(t *testing.T) {
	t.Parallel()
	var c clock
	start := time.Now() // holds a monotonic reading, as times in production do
	date := start.Add(-time.Hour).UTC().Truncate(time.Second)
	c.observe(&http.Response{Header: http.Header{"Date": {date.Format(http.TimeFormat)}}}, start)
	got, known := c.at(start.Add(time.Minute))
	assert.True(t, known)
	assert.Equal(t, date.Add(time.Minute), got.UTC())
}
