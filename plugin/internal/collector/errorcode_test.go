package collector_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/simulator"
)

// Waits after an error are spread by a quarter at most, so that the content
// types do not come back all at once; those of a content by a half.
func spreadOver(d time.Duration) time.Duration { return d + d/4 }

const longestListWait = 5 * time.Minute

// meet lets an error stand in the place of the answers of a route, for Audit.Exchange
// alone, and returns the rig after so long. Audit.SharePoint works beside it.
func meet(t *testing.T, fault simulator.Fault, d time.Duration) (r *rig, remove func()) {
	t.Helper()
	r = newRig(t, func(o *simulator.Options) { o.PageSize = 1 })
	r.settings["content_types"] = "Audit.Exchange, Audit.SharePoint"
	r.settings["start_from"], r.settings["overlap"] = "2h", "24h" // one window, and no backlog
	for _, ct := range []simulator.ContentType{simulator.AuditExchange, simulator.AuditSharePoint} {
		r.sim.AddContent(ct, 3, 2, time.Now().Add(-110*time.Minute), time.Now())
	}
	remove = r.sim.Inject(fault.For(simulator.AuditExchange))
	r.start()
	r.run(time.Minute)
	for _, d := range r.sim.Contents(simulator.AuditSharePoint) {
		assert.Equal(t, 1, d.Served, "the other content type does not wait")
	}
	r.run(d - time.Minute)
	return r, remove
}

// end removes the error, and expects all that it kept back.
func (r *rig) end(remove func()) {
	r.t.Helper()
	remove()
	r.run(overcome)
	r.stop()
	r.requireAllOnce()
	assert.NotContains(r.t, r.log.String(), "a bug")
}

// TestListingErrorCodes has a row for each code that a listing or the start of a
// subscription may meet: what is sent while it lasts, what the log says of it,
// and that nothing is lost by it.
func TestListingErrorCodes(t *testing.T) {
	t.Parallel()
	report, tenant, webhook := "report it, with this line", "compare tenant_id", "remove the webhook"
	language, clock, wait := "adds Accept-Language", "check the clock of this machine", "the plugin tries again"
	for _, row := range []struct {
		code   string
		status int // 0: the usual one
		toDo   string
		check  func(t *testing.T, r *rig)
	}{
		{"AF10001", 0, "ActivityFeed.Read", isConfiguration},
		{"AF20001", 0, report, isConfiguration},
		{"AF20002", 0, report, isConfiguration},
		{"AF20003", 0, webhook, isConfiguration},
		{"AF20010", 0, tenant, isConfiguration},
		{"AF20010", http.StatusUnauthorized, tenant, isConfiguration},
		{"AF20011", 0, tenant, isConfiguration},
		{"AF20012", 0, "open a support ticket", isConfiguration},
		{"AF20013", 0, tenant, isConfiguration},
		{"AF20020", 0, "correct content_types", isConfiguration},
		{"AF20021", 0, webhook, isConfiguration},
		{"AF20030", 0, clock, isNewWindow},
		{"AF20053", 0, language, isConfiguration},
		{"AF20054", 0, language, isConfiguration},
		{"AF20055", 0, clock, isNewWindow},
		{"AF50000", 0, wait, isRetried},
		// The status alone would say the same of these, so it says another thing.
		{"AF50000", http.StatusBadRequest, wait, isRetried},
		{"AF50005", http.StatusBadRequest, wait, isRetried},
		{"AF50006", http.StatusBadRequest, wait, isRetried},
	} {
		name := row.code
		if row.status != 0 {
			name += " " + http.StatusText(row.status)
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r, remove := meet(t, simulator.Fault{
					Route: simulator.RouteContentList, Action: simulator.Action{Code: row.code, Status: row.status},
				}, 50*time.Minute)
				row.check(t, r)
				assert.Len(t, r.lines("level=ERROR"), 1, "one line an hour")
				assert.Len(t, r.lines("level=ERROR", row.code, row.toDo, "content_types=Audit.Exchange"), 1, r.log)
				r.end(remove)
				assert.NotEmpty(t, r.lines("works again", "listing Audit.Exchange"))
			})
		})
	}
}

// isConfiguration: tried again every 5 minutes, with a new token where that may
// bring a new permission.
func isConfiguration(t *testing.T, r *rig) {
	t.Helper()
	listings := r.requests(simulator.RouteContentList, simulator.AuditExchange)
	require.Greater(t, len(listings), 7)
	for _, wait := range waits(listings) {
		assert.InDelta(t, 5*time.Minute, wait, float64(80*time.Second))
		assert.GreaterOrEqual(t, wait, 5*time.Minute)
	}
	assert.NotEmpty(t, r.lines("tried again every 5 minutes"))
	if listings[0].Code == "AF10001" {
		assert.Greater(t, len(r.sim.Requests(simulator.RouteToken)), len(listings)-1, "a consent given meanwhile shows in a new token only")
	}
}

// isRetried: tried again after 5 s, then longer each time.
func isRetried(t *testing.T, r *rig) {
	t.Helper()
	listings := r.requests(simulator.RouteContentList, simulator.AuditExchange)
	want := 5 * time.Second
	for _, wait := range waits(listings) {
		assert.GreaterOrEqual(t, wait, want)
		assert.LessOrEqual(t, wait, spreadOver(want)+time.Second)
		want = min(2*want, longestListWait)
	}
	assert.GreaterOrEqual(t, len(listings), 10)
}

// isNewWindow: as isRetried, and no window is sent twice.
func isNewWindow(t *testing.T, r *rig) {
	t.Helper()
	isRetried(t, r)
	sent := map[string]bool{}
	for _, listing := range r.requests(simulator.RouteContentList, simulator.AuditExchange) {
		assert.False(t, sent[listing.Query], "the window comes from now: %s", listing.Query)
		sent[listing.Query] = true
	}
}

func TestAF20022AndAF20023StartTheSubscriptionOnceIn15Minutes(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"AF20022", "AF20023"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r, remove := meet(t, simulator.Fault{Route: simulator.RouteContentList, Action: simulator.Action{Code: code}}, 58*time.Minute)
				starts := r.requests(simulator.RouteStart, simulator.AuditExchange)
				assert.Len(t, starts, 4, "the first one included")
				for _, wait := range waits(starts) {
					assert.GreaterOrEqual(t, wait, 15*time.Minute)
				}
				assert.Less(t, len(r.requests(simulator.RouteContentList, simulator.AuditExchange)), 25)
				assert.Len(t, r.lines("level=ERROR", code, "it is started as soon as"), 1, r.log)
				assert.Len(t, r.lines("level=ERROR"), 1)
				r.end(remove)
			})
		})
	}
}

// startAnyway makes the plugin start a subscription that is enabled already: the
// list of subscriptions does not show it.
func startAnyway(r *rig) {
	r.sim.Start(simulator.ContentTypes()...)
	r.sim.Inject(simulator.Fault{Route: simulator.RouteList, Action: simulator.Action{Status: http.StatusOK, Body: "[]"}})
}

func TestAF20024IsASuccess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.fill(1, 2)
		startAnyway(r)
		r.start()
		r.run(time.Minute)
		for _, start := range r.sim.Requests(simulator.RouteStart) {
			assert.Equal(t, "AF20024", start.Code)
		}
		r.run(time.Hour)
		assert.Len(t, r.sim.Requests(simulator.RouteStart), 5, "one for each content type")
		assert.Empty(t, r.lines("level=ERROR"))
		r.stop()
		r.requireAllOnce()
	})
}

func TestTheCoolDownOfAStartHoldsUpNoListing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.fill(1, 2)
		startAnyway(r)
		r.sim.Inject(simulator.MustFault("cool-down"))
		r.start()
		r.run(time.Minute)
		r.requireAllOnce()
		r.run(time.Hour)
		assert.Len(t, r.sim.Requests(simulator.RouteStart), 5, "one for each content type")
		assert.Empty(t, r.lines("level=ERROR"))
		r.stop()
	})
}

func TestAStartWaitsOutItsCoolDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["content_types"] = "Audit.Exchange"
		r.sim.AddContent(simulator.AuditExchange, 1, 2, time.Now().Add(-time.Hour), time.Now())
		r.sim.Inject(simulator.MustFault("cool-down").Count(1)) // it says 14m 56s
		r.start()
		r.run(overcome)
		starts := r.sim.Requests(simulator.RouteStart)
		require.Len(t, starts, 2)
		assert.InDelta(t, 15*time.Minute, starts[1].At.Sub(starts[0].At), float64(10*time.Second))
		assert.GreaterOrEqual(t, starts[1].At.Sub(starts[0].At), 14*time.Minute+56*time.Second)
		r.stop()
	})
}

func TestAF20031ListsTheWindowAgainFromItsFirstPageAndKeepsWhatItFound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fault := simulator.MustFault("af20031")
		r, remove := meet(t, fault, 50*time.Minute)
		listings := r.requests(simulator.RouteContentList, simulator.AuditExchange)
		for i, listing := range listings {
			assert.Equal(t, i%2 == 1, strings.Contains(strings.ToLower(listing.Query), "nextpage="), "page 1 follows page 2")
		}
		assert.Greater(t, len(listings), 10)
		assert.Less(t, len(listings), 50, "with growing waits")
		assert.Len(t, r.delivered, 3*2+2, "the content of page 1 has arrived")
		assert.Len(t, r.lines("level=ERROR", "AF20031", "begins again"), 1, r.log)
		r.end(remove)
	})
}

// TestContentErrorCodes has a row for each code that a content may meet.
func TestContentErrorCodes(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		code   string
		status int
		check  func(t *testing.T, r *rig, id string)
	}{
		{"AF20050", http.StatusNotFound, isGone},
		{"AF20050", http.StatusBadRequest, isGone},
		{"AF20051", http.StatusBadRequest, isGone},
		{"AF20051", http.StatusNotFound, isGone},
		{"AF20051", http.StatusGone, isGone},
		{"AF20052", http.StatusBadRequest, isQuarantined},
		{"AF20052", http.StatusGone, isQuarantined},
		{"AF50000", http.StatusInternalServerError, isTriedAgain},
		{"AF50000", http.StatusBadRequest, isTriedAgain},
		{"AF50005", http.StatusInternalServerError, isTriedAgain},
		{"AF50005", http.StatusBadRequest, isTriedAgain},
		{"AF50006", http.StatusInternalServerError, isTriedAgain},
		{"AF50006", http.StatusBadRequest, isTriedAgain},
		{"AF10001", http.StatusUnauthorized, isHeld},
		{"AF20010", http.StatusBadRequest, isHeld},
		{"", http.StatusRequestTimeout, isTriedAgain},
		{"", http.StatusTooEarly, isTriedAgain},
		{"", http.StatusInternalServerError, isTriedAgain},
		{"", http.StatusBadGateway, isTriedAgain},
		{"", http.StatusServiceUnavailable, isTriedAgain},
		{"", http.StatusGatewayTimeout, isTriedAgain},
		{"", http.StatusFound, isTriedAgain},
		{"", http.StatusNotFound, isQuarantined},
		{"", http.StatusTeapot, isQuarantined},
		{"", http.StatusGone, isGone},
		{"", http.StatusForbidden, isHeld},
		{"", http.StatusProxyAuthRequired, isHeld},
		{"", http.StatusUnauthorized, isHeld},
	} {
		t.Run(strings.TrimSpace(row.code+" "+http.StatusText(row.status)), func(t *testing.T) {
			t.Parallel()
			meetContent(t, row.code, row.status, row.check)
		})
	}
}

// meetContent lets an error stand in the place of one content, the oldest of its
// queue, and expects the others at once and this one in the end.
func meetContent(t *testing.T, code string, status int, check func(t *testing.T, r *rig, id string)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["content_types"] = "Audit.Exchange, DLP.All"
		id := r.sim.AddBlob(simulator.Blob{Type: simulator.AuditExchange, Created: time.Now().Add(-20 * time.Hour), Generate: 2})
		r.sim.AddContent(simulator.DLPAll, 5, 2, time.Now().Add(-10*time.Hour), time.Now())
		remove := r.sim.Inject(simulator.Fault{
			Route: simulator.RouteBlob, ContentID: id, Action: simulator.Action{Code: code, Status: status},
		})
		r.start()
		r.run(time.Minute)
		assert.Len(t, r.delivered, 10, "the others do not wait")
		check(t, r, id)
		remove()
		recovery := 12 * time.Minute
		if len(r.lines("put into quarantine")) > 0 {
			recovery = 10 * time.Hour // the longest wait there is 9 h
		}
		r.idle(recovery)
		r.stop()
		if len(r.lines("content is gone")) == 0 {
			r.requireAllOnce()
		}
	})
}

// isGone: asked for once, said once, and over.
func isGone(t *testing.T, r *rig, id string) {
	t.Helper()
	r.run(20 * time.Minute)
	assert.Len(t, r.fetches(id), 1)
	assert.Len(t, r.lines("level=WARN", "content is gone", id), 1, r.log)
}

// isTriedAgain: after 15 s, then longer each time, every 5 minutes in the end, and
// not given up within an hour.
func isTriedAgain(t *testing.T, r *rig, id string) {
	t.Helper()
	r.idle(time.Hour)
	want := 15 * time.Second
	for _, wait := range waits(r.fetches(id)) {
		assert.GreaterOrEqual(t, wait, want)
		assert.LessOrEqual(t, wait, want*3/2+time.Second)
		want = min(2*want, 5*time.Minute)
	}
	assert.Greater(t, len(r.fetches(id)), 8)
	assert.NotEmpty(t, r.lines("level=ERROR", "fetch failed; tried again with growing waits", id), r.log)
	assert.Empty(t, r.lines("quarantine"))
}

// isQuarantined: after five attempts in a few minutes, then slowly.
func isQuarantined(t *testing.T, r *rig, id string) {
	t.Helper()
	r.run(6 * time.Minute)
	assert.Len(t, r.fetches(id), 5)
	assert.Len(t, r.lines("level=WARN", "put into quarantine", id), 1, r.log)
	r.idle(12 * time.Hour)
	assert.Less(t, len(r.fetches(id)), 15)
	assert.Greater(t, len(r.fetches(id)), 10)
	assert.Empty(t, r.lines("content is gone"))
}

// isHeld: what somebody has to change concerns every content of the type, so one
// of them is tried every 5 minutes. A 401 is tried with two tokens at once.
func isHeld(t *testing.T, r *rig, id string) {
	t.Helper()
	r.run(time.Hour)
	between := slices.DeleteFunc(waits(r.fetches(id)), func(wait time.Duration) bool { return wait == 0 })
	for _, wait := range between {
		assert.InDelta(t, 5*time.Minute, wait, float64(10*time.Second))
	}
	assert.Len(t, between, 12)
	assert.Len(t, r.lines("level=ERROR", "contents cannot be fetched; tried again every 5 minutes"), 2, "at once, and after an hour: %s", r.log)
}
