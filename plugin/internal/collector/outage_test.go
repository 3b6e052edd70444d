package collector_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"office365/tests/simulator"
)

// TestSixHoursOf500 lets listings, contents or both answer an internal error for
// six hours in which content goes on to appear.
func TestSixHoursOf500(t *testing.T) {
	t.Parallel()
	for name, routes := range map[string][]simulator.Route{
		"listings": {simulator.RouteContentList},
		"contents": {simulator.RouteBlob},
		"all":      {simulator.RouteContentList, simulator.RouteBlob, simulator.RouteList, simulator.RouteStart},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sixHoursOf500(t, routes...)
		})
	}
}

func sixHoursOf500(t *testing.T, routes ...simulator.Route) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.sim.Start(simulator.ContentTypes()...)
		r.fill(3, 2)
		r.start()
		r.run(time.Minute)
		for _, ct := range simulator.ContentTypes() {
			r.sim.AddContent(ct, 36, 2, time.Now(), time.Now().Add(6*time.Hour))
		}
		r.sim.ForgetRequests()
		for _, route := range routes {
			fault := simulator.MustFault("af50000").On(route)
			fault.Until = time.Now().Add(6 * time.Hour)
			r.sim.Inject(fault)
		}
		r.run(6 * time.Hour)
		for _, ct := range simulator.ContentTypes() {
			// The current window, and what was the current one before.
			assert.Less(t, len(r.requests(simulator.RouteContentList, ct)), 2*6*12+60, "the service is not hammered")
		}
		assert.Less(t, len(r.sim.Requests(simulator.RouteBlob)), 1000)
		assert.LessOrEqual(t, len(r.lines("level=ERROR")), 7*6, "one line an hour for each content type")
		r.run(7 * time.Minute)
		r.requireAllOnce()
		r.stop()
		assert.NotContains(t, r.log.String(), "quarantine")
		assert.NotContains(t, r.log.String(), "lost, for")
	})
}

// TestContentsThatFailForEverHoldUpNoOthers: more contents answer 500 than make
// an outage, and they are the oldest.
func TestContentsThatFailForEverHoldUpNoOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["content_types"] = "Audit.Exchange"
		bad := r.sim.AddContent(simulator.AuditExchange, 2*outage, 2, time.Now().Add(-20*time.Hour), time.Now().Add(-19*time.Hour))
		r.sim.AddContent(simulator.AuditExchange, 50, 2, time.Now().Add(-18*time.Hour), time.Now().Add(-3*time.Hour))
		for _, id := range bad {
			r.sim.Inject(simulator.MustFault("af50000").At(id))
		}
		r.start()
		r.run(time.Hour)
		assert.Len(t, r.delivered, 100)
		r.sim.RemoveFaults()
		r.run(10 * time.Minute)
		r.stop()
		r.requireAllOnce()
		assert.Empty(t, strings.Count(r.log.String(), "content is gone"))
	})
}

// outage is how many contents that fail in a row count as an outage.
const outage = 10

func TestAHiccupBetweenPagesDoesNotBeginTheListingAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(o *simulator.Options) { o.PageSize = 1 })
		r.settings["content_types"], r.settings["start_from"] = "Audit.Exchange", "2h"
		r.sim.AddContent(simulator.AuditExchange, 10, 2, time.Now().Add(-100*time.Minute), time.Now())
		r.sim.Inject(simulator.MustFault("503").On(simulator.RouteContentList).Calls(5, 6))
		r.start()
		r.run(20 * time.Second)
		r.stop()
		r.requireAllOnce()
		assert.Len(t, r.sim.Requests(simulator.RouteContentList), 10+2)
		assert.Empty(t, r.lines("level=ERROR"))
	})
}

// failing answers 500 to every listing that begins in a span.
type failing struct {
	next     http.RoundTripper
	from, to time.Time
	met      *int
}

func (f failing) RoundTrip(r *http.Request) (*http.Response, error) {
	start, err := time.Parse("2006-01-02T15:04:05", r.URL.Query().Get("startTime"))
	if err == nil && !start.Before(f.from) && start.Before(f.to) {
		*f.met++
		return &http.Response{StatusCode: http.StatusInternalServerError, Body: http.NoBody, Header: http.Header{}, Request: r}, nil
	}
	return f.next.RoundTrip(r)
}

func TestAWindowThatFailsHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["content_types"], r.settings["start_from"] = "Audit.Exchange", "earliest"
		midnight := time.Now().Truncate(24 * time.Hour)
		from, to := midnight.Add(-4*24*time.Hour), midnight.Add(-3*24*time.Hour)
		r.sim.AddContent(simulator.AuditExchange, 20, 2, midnight.Add(-6*24*time.Hour), from)
		inside := r.sim.AddContent(simulator.AuditExchange, 5, 2, from, to)
		r.sim.AddContent(simulator.AuditExchange, 20, 2, to, time.Now())
		met := 0
		r.transport = failing{next: direct{r.sim}, from: from, to: to, met: &met}
		r.start()
		r.run(time.Minute)
		assert.Len(t, r.delivered, 40*2, "the windows on both sides have been listed")
		r.run(59 * time.Minute)
		r.stop()
		assert.InDelta(t, 15, met, 5, "with growing waits")
		for _, id := range inside {
			assert.Empty(t, r.fetches(id))
		}

		// A restart knows what was not listed.
		r.transport = nil
		r.start()
		r.run(time.Minute)
		r.stop()
		r.requireAllOnce()
	})
}
