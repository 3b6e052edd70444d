package collector_test

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/plugin/internal/ledger"
	"office365/tests/simulator"
)

// behind returns a rig that has a week of one type to catch up with, at so many
// requests a minute.
func behind(t *testing.T, blobs int, quota string) *rig {
	t.Helper()
	r := newRig(t, func(o *simulator.Options) { o.PageSize = 1000 })
	r.settings["start_from"] = "earliest"
	r.settings["requests_per_minute"] = quota
	r.sim.AddContent(simulator.AuditSharePoint, blobs, 1, time.Now().Add(-6*24*time.Hour), time.Now().Add(-3*time.Hour))
	return r
}

func TestNewsArrivesWithinAnIntervalDuringCatchUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := behind(t, 5000, "120")
		r.start()
		r.run(10 * time.Minute)
		for range 5 {
			var news []string
			for _, ct := range []simulator.ContentType{simulator.AuditSharePoint, simulator.DLPAll} {
				id := "news of " + string(ct) + time.Now().String()
				r.blob(ct, record(id, 0))
				news = append(news, id)
			}
			r.run(5*time.Minute + 10*time.Second)
			assert.Subset(t, r.delivered, news, "the backlog must not hold it up")
		}
		assert.Less(t, len(r.delivered), 4500, "it is still catching up")
		r.stop()
	})
}

func TestTheBacklogTakesAllThatIsLeftOfTheQuota(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := behind(t, 3000, "120")
		r.start()
		r.run(5 * time.Minute)
		for range 5 {
			r.sim.ForgetRequests()
			r.run(time.Minute)
			assert.InDelta(t, 120, len(r.sim.Requests()), 3, "requests in a minute")
		}
		r.stop()
	})
}

func TestAllWindowsOfABacklogAreListedWithoutWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := behind(t, 100, "1800")
		r.start()
		r.run(20 * time.Second)
		r.stop()
		r.requireAllOnce()
		var from []time.Time // of the windows of one type, in their order
		for _, request := range r.sim.Requests(simulator.RouteContentList) {
			if request.ContentType == simulator.AuditSharePoint {
				query, err := url.ParseQuery(request.Query)
				require.NoError(t, err)
				at, err := time.Parse("2006-01-02T15:04:05", query.Get("startTime"))
				require.NoError(t, err)
				from = append(from, at)
			}
		}
		require.GreaterOrEqual(t, len(from), 8)
		assert.Less(t, time.Since(from[0]), 3*time.Hour, "the current window comes first")
		assert.Greater(t, time.Since(from[1]), 6*24*time.Hour, "then the oldest")
	})
}

func TestATypeWithAHugeBacklogDoesNotStarveTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := behind(t, 6000, "600")
		const each = 100
		for _, ct := range simulator.ContentTypes() {
			if ct != simulator.AuditSharePoint {
				r.sim.AddContent(ct, each, 1, time.Now().Add(-5*24*time.Hour), time.Now().Add(-3*time.Hour))
			}
		}
		r.start()
		// Of five types each gets a fifth: 100 contents take a minute, and the
		// listings some seconds more.
		r.run(90 * time.Second)
		served := map[simulator.ContentType]int{}
		for _, c := range r.sim.Contents() {
			if c.Served > 0 {
				served[c.Type]++
			}
		}
		for _, ct := range simulator.ContentTypes() {
			assert.GreaterOrEqual(t, served[ct], each, ct)
		}
		assert.Less(t, served[simulator.AuditSharePoint], 1000)
		r.stop()
	})
}

func TestTheWatermarkAdvancesWithTheBacklog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := behind(t, 1200, "120")
		r.settings["content_types"] = "Audit.SharePoint"
		r.start()
		last := time.Time{}
		for range 5 {
			r.run(2 * time.Minute)
			r.stop()
			var mark time.Time
			for _, p := range r.saved().Positions {
				mark = p.Watermark(time.Now())
			}
			require.True(t, mark.After(last), "the watermark is %v, and was %v", mark, last)
			share := float64(len(r.delivered)) / 1200
			passed := mark.Sub(time.Now().Add(-6*24*time.Hour)).Hours() / (6 * 24)
			assert.InDelta(t, share, passed, 0.1, "%d of 1200 have arrived", len(r.delivered))
			last = mark
			r.start()
		}
		r.run(5 * time.Minute)
		r.stop()
		r.requireAllOnce()
	})
}

// TestEightDaysOfDowntimeCostTheFirstAndAreSaid: what the API does not offer any
// more is named once, from the last moment covered to its reach.
func TestEightDaysOfDowntimeCostTheFirstAndAreSaid(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["content_types"] = "Audit.Exchange"
		r.start()
		r.run(10 * time.Minute)
		r.stop()
		var covered time.Time
		for _, p := range r.saved().Positions {
			covered = p.Watermark(time.Now())
		}
		down := time.Now()
		lost := r.sim.AddBlob(simulator.Blob{Type: simulator.AuditExchange, Created: down.Add(12 * time.Hour), Generate: 3})
		r.sim.AddContent(simulator.AuditExchange, 50, 3, down.Add(25*time.Hour), down.Add(8*24*time.Hour))
		sleep(8 * 24 * time.Hour)
		r.start()
		reach := time.Now().Add(-ledger.Reach)
		r.run(20 * time.Minute)
		r.stop()

		said := regexp.MustCompile(`level=ERROR msg="beyond the API's seven days[^\n]* from=(\S+) to=(\S+) hours=(\S+)`).
			FindAllStringSubmatch(r.log.String(), -1)
		require.Len(t, said, 1)
		from, err := time.Parse(time.RFC3339, said[0][1])
		require.NoError(t, err)
		to, err := time.Parse(time.RFC3339, said[0][2])
		require.NoError(t, err)
		assert.True(t, from.Equal(covered), "from %v, covered until %v", from, covered)
		assert.WithinDuration(t, reach, to, 3*time.Second)
		for _, c := range r.sim.Contents() {
			assert.Equal(t, c.ID != lost, c.Served == 1, c.ID)
		}
		assert.Len(t, r.delivered, 150)
		assert.Equal(t, 1, strings.Count(r.log.String(), "seven days"), "the seconds that pass meanwhile are no loss")
	})
}

// TestOneHiccupDoesNotPutAContentBehindTheBacklog: the content would expire there.
func TestOneHiccupDoesNotPutAContentBehindTheBacklog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := behind(t, 3000, "60")
		id := r.sim.AddBlob(simulator.Blob{
			Type: simulator.AuditSharePoint, Created: time.Now().Add(-6*24*time.Hour - 23*time.Hour - 30*time.Minute),
			Body: []byte("[" + string(record("about to expire", 0)) + "]"),
		})
		r.sim.Inject(simulator.MustFault("503").At(id).Count(1))
		r.start()
		r.run(25 * time.Minute)
		assert.Len(t, r.fetches(id), 2)
		assert.True(t, slices.Contains(r.delivered, "about to expire"))
		r.stop()
	})
}
