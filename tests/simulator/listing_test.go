package simulator_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/simulator"
)

func TestWindows(t *testing.T) {
	t.Parallel()
	const ok = ""
	tests := []struct {
		name, start, end, code string
		legacy                 bool
	}{
		{name: "both left out", code: ok},
		{name: "days", start: "2026-03-01", end: "2026-03-02", code: ok},
		{name: "minutes", start: "2026-03-02T10:00", end: "2026-03-02T11:00", code: ok},
		{name: "seconds", start: "2026-03-02T10:00:00", end: "2026-03-02T11:00:00", code: ok},
		{name: "fractions and Z", start: "2026-03-02T10:00:00.1234567Z", end: "2026-03-02T11:00:00.5Z", code: ok},
		{name: "an escaped offset", start: "2026-03-02T10:00:00%2B00:00", end: "2026-03-02T11:00:00%2B00:00", code: ok},
		{name: "a raw offset", start: "2026-03-02T10:00:00+00:00", end: "2026-03-02T11:00:00+00:00", code: "AF20002"},
		{name: "no time at all", start: "yesterday", end: "2026-03-02T11:00:00", code: "AF20002"},
		{name: "only a start", start: "2026-03-02T10:00:00", code: "AF20055"},
		{name: "only an end", end: "2026-03-02T10:00:00", code: "AF20055"},
		{name: "backwards", start: "2026-03-02T11:00:00", end: "2026-03-02T10:00:00", code: "AF20055"},
		{name: "no length", start: "2026-03-02T11:00:00", end: "2026-03-02T11:00:00", code: "AF20055"},
		{name: "24 hours", start: "2026-03-01T11:00:00", end: "2026-03-02T11:00:00", code: ok},
		{name: "24 hours and a second", start: "2026-03-01T11:00:00", end: "2026-03-02T11:00:01", code: "AF20055"},
		{name: "7 days back", start: "2026-02-23T12:00:00", end: "2026-02-24T11:00:00", code: ok},
		{name: "7 days and an hour back", start: "2026-02-23T11:00:00", end: "2026-02-24T10:00:00", code: ok},
		{name: "7 days and more than an hour back", start: "2026-02-23T10:59:59", end: "2026-02-24T10:00:00", code: "AF20055"},
		{name: "into the future", start: "2026-03-02T11:00:00", end: "2026-03-03T11:00:00", code: ok},
		{name: "legacy", start: "2026-03-02T11:00:00", end: "2026-03-02T10:00:00", legacy: true, code: "AF20030"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, simulator.Options{LegacyWindow: test.legacy})
			c.sim.Start()
			path := "subscriptions/content?contentType=Audit.General"
			if test.start != "" {
				path += "&startTime=" + test.start
			}
			if test.end != "" {
				path += "&endTime=" + test.end
			}
			a := c.get(path)
			if test.code == ok {
				assert.Equal(t, http.StatusOK, a.StatusCode, a.body)
				return
			}
			assert.Equal(t, http.StatusBadRequest, a.StatusCode)
			assert.Equal(t, test.code, a.code(t))
			if test.name == "backwards" {
				assert.Contains(t, a.body, "StartTime:2026-03-02T11:00:00.0000000Z, EndTime:2026-03-02T10:00:00.0000000Z")
			}
		})
	}
}

func TestWindowsAreHalfOpenAndTile(t *testing.T) {
	t.Parallel()
	c := newClient(t, simulator.Options{})
	c.sim.Start()
	edge := c.sim.AddBlob(simulator.Blob{Type: simulator.AuditGeneral, Created: noon.Add(-time.Hour), Generate: 1})
	before := c.list(simulator.AuditGeneral, noon.Add(-2*time.Hour), noon.Add(-time.Hour)).entries(t)
	after := c.list(simulator.AuditGeneral, noon.Add(-time.Hour), noon).entries(t)
	assert.Empty(t, before)
	assert.Equal(t, []string{edge}, contentIDs(after))
	assert.Empty(t, c.list(simulator.AuditExchange, noon.Add(-time.Hour), noon).entries(t))
}

func TestAnEntryOfAListing(t *testing.T) {
	t.Parallel()
	c := newClient(t, simulator.Options{Expiry: 21 * 24 * time.Hour})
	c.sim.Start()
	id := c.sim.AddBlob(simulator.Blob{Type: simulator.AuditSharePoint, Created: time.Date(2026, 3, 2, 10, 16, 12, 456_000_000, time.UTC), Generate: 1})
	assert.Regexp(t, `^20260302101507\d{9}\$20260302101612\d{9}\$audit_sharepoint\$Audit_SharePoint\$na0030\$na0030$`, id)
	assert.Equal(t, []entry{{
		ContentType: "Audit.SharePoint", ContentID: id,
		ContentURI:     c.server.URL + "/api/v1.0/" + c.tenant + "/activity/feed/audit/" + id,
		ContentCreated: "2026-03-02T10:16:12.456Z", ContentExpiration: "2026-03-23T10:16:12.456Z",
	}}, c.list(simulator.AuditSharePoint, noon.Add(-2*time.Hour), noon).entries(t))
}

func TestContentCreatedMayHaveOtherFractions(t *testing.T) {
	t.Parallel()
	c := newClient(t, simulator.Options{})
	c.sim.Start()
	for _, layout := range []string{"2006-01-02T15:04:05Z", "2006-01-02T15:04:05.0000000Z"} {
		c.sim.AddBlob(simulator.Blob{Type: simulator.DLPAll, Created: noon.Add(-time.Hour), CreatedLayout: layout, Generate: 1})
	}
	entries := c.list(simulator.DLPAll, noon.Add(-2*time.Hour), noon).entries(t)
	assert.Equal(t, "2026-03-02T11:00:00Z", entries[0].ContentCreated)
	assert.Equal(t, "2026-03-02T11:00:00.0000000Z", entries[1].ContentCreated)
}

func TestPagesCoverTheListingInEveryOrder(t *testing.T) {
	t.Parallel()
	from, to := noon.Add(-10*time.Hour), noon
	var orders [][]string
	for _, order := range []simulator.Order{simulator.Sorted, simulator.Shuffled, simulator.Reversed} {
		c := newClient(t, simulator.Options{PageSize: 3, Order: order, Seed: 5})
		c.sim.Start()
		want := c.sim.AddContent(simulator.AuditExchange, 10, 1, from, to)
		pages := c.pages(simulator.AuditExchange, from, to)
		require.Len(t, pages, 4, order)
		got := contentIDs(pages...)
		assert.ElementsMatch(t, want, got, order)
		assert.Equal(t, got, contentIDs(c.pages(simulator.AuditExchange, from, to)...), "the same again")
		orders = append(orders, got)
	}
	assert.True(t, slices.IsSorted(orders[0]))
	assert.False(t, slices.IsSorted(orders[1]))
	slices.Reverse(orders[2])
	assert.Equal(t, orders[0], orders[2])
}

func TestNextPageURI(t *testing.T) {
	t.Parallel()
	sim := simulator.New(simulator.Options{Now: at(noon), PageSize: 1})
	c := connect(t, sim, simulator.NewHTTP1Server(t, sim))
	c.sim.Start()
	c.sim.AddContent(simulator.AuditExchange, 2, 1, noon.Add(-time.Hour), noon)
	next := c.list(simulator.AuditExchange, noon.Add(-time.Hour), noon).Header.Get("NextPageUri")
	prefix := c.server.URL + "/api/v1/" + c.tenant + "/activity/feed/subscriptions/content?contentType=Audit.Exchange&startTime=2026-03-02T11:00:00&endTime=2026-03-02T12:00:00&nextPage=2026030212R"
	assert.True(t, strings.HasPrefix(next, prefix), next)
}

func TestPagesStandStillWhileContentArrives(t *testing.T) {
	t.Parallel()
	c := newClient(t, simulator.Options{PageSize: 2})
	c.sim.Start()
	from, to := noon.Add(-time.Hour), noon
	want := c.sim.AddContent(simulator.AuditExchange, 4, 1, from, to)
	first := c.list(simulator.AuditExchange, from, to)
	c.sim.AddContent(simulator.AuditExchange, 4, 1, from, to)
	second := c.get(first.Header.Get("NextPageUri"))
	assert.Equal(t, want, contentIDs(first.entries(t), second.entries(t)))
	assert.Empty(t, second.Header.Get("NextPageUri"))
}

func TestPageTokensAreGoodForOneListingAndAnHour(t *testing.T) {
	t.Parallel()
	c := newClient(t, simulator.Options{PageSize: 1})
	c.sim.Start()
	from, to := noon.Add(-time.Hour), noon
	c.sim.AddContent(simulator.AuditExchange, 3, 1, from, to)
	next := c.list(simulator.AuditExchange, from, to).Header.Get("NextPageUri")
	u, err := url.Parse(next)
	require.NoError(t, err)
	token := u.Query().Get("nextPage")

	for name, link := range map[string]string{
		"a damaged token":   strings.Replace(next, token, token[:len(token)-4]+"0000", 1),
		"no token":          strings.Replace(next, token, "1", 1),
		"another window":    strings.Replace(next, "startTime=2026-03-02T11:00:00", "startTime=2026-03-02T11:00:01", 1),
		"another type":      strings.Replace(next, "Audit.Exchange", "Audit.General", 1),
		"of another tenant": strings.Replace(next, token, "2026030210R022885001761", 1),
	} {
		a := c.get(link)
		assert.Equal(t, http.StatusBadRequest, a.StatusCode, name)
		assert.Equal(t, "AF20031", a.code(t), name)
	}
	c.sim.Advance(59 * time.Minute)
	assert.Equal(t, http.StatusOK, c.get(next).StatusCode)
	c.sim.Change(func(o *simulator.Options) { o.PageLife = 30 * time.Minute })
	assert.Equal(t, "AF20031", c.get(next).code(t))
}

func TestContentMayBecomeListableLate(t *testing.T) {
	t.Parallel()
	c := newClient(t, simulator.Options{})
	c.sim.Start()
	from, to := noon.Add(-time.Hour), noon
	late := c.sim.AddBlob(simulator.Blob{Type: simulator.AuditGeneral, Created: noon.Add(-30 * time.Minute), Listable: noon.Add(time.Hour - time.Minute), Generate: 1})
	assert.Empty(t, c.list(simulator.AuditGeneral, from, to).entries(t))
	assert.Empty(t, c.sim.Offered())
	assert.Equal(t, "AF20050", c.get("audit/"+late).code(t))
	c.sim.Advance(59 * time.Minute)
	assert.Equal(t, []string{late}, contentIDs(c.list(simulator.AuditGeneral, from, to).entries(t)))
	assert.Len(t, c.sim.Offered(), 1)
}
