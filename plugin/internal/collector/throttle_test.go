package collector_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/simulator"
)

// apiRequests are all requests but those for tokens, oldest first.
func (r *rig) apiRequests() []simulator.Request {
	return r.sim.Requests(simulator.RouteStart, simulator.RouteList, simulator.RouteContentList, simulator.RouteBlob)
}

// TestThrottlingShutsTheGateForTheWholeTenant: one answer to one content type,
// and no request of any type goes out for as long as it asks.
func TestThrottlingShutsTheGateForTheWholeTenant(t *testing.T) {
	t.Parallel()
	for name, wait := range map[string]time.Duration{
		"af429": 5 * time.Second, "af429-seconds": 2 * time.Second, "af429-date": 2 * time.Second,
		"429": 5 * time.Second, "429-seconds": 2 * time.Second, "429-date": 2 * time.Second,
	} {
		for _, route := range []simulator.Route{simulator.RouteBlob, simulator.RouteContentList} {
			t.Run(name+" "+string(route), func(t *testing.T) {
				t.Parallel()
				throttle(t, simulator.MustFault(name).On(route), wait)
			})
		}
	}
}

// throttle lets one answer throttle, and expects no request for so long.
func throttle(t *testing.T, fault simulator.Fault, wait time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["requests_per_minute"] = "600"
		r.fill(60, 1) // 30 s of requests
		r.start()
		r.run(10 * time.Second)
		r.sim.ForgetRequests()
		r.sim.Inject(fault.For(simulator.AuditExchange).Count(1))
		if fault.Route == simulator.RouteContentList {
			r.run(5*time.Minute - 20*time.Second) // until just before the next listing
		}
		r.sim.AddContent(simulator.AuditExchange, 100, 1, time.Now().Add(-time.Hour), time.Now())
		r.run(30 * time.Second)

		gap := r.gapAfterThrottle()
		assert.GreaterOrEqual(t, gap, wait)
		if fault.Route == simulator.RouteBlob {
			assert.LessOrEqual(t, gap, wait+200*time.Millisecond, "and goes on at once")
		}
		assert.Len(t, r.lines("level=ERROR", "throttled: all requests of the tenant wait", "wait="+wait.String(), "AF429"), 1, r.log)
		r.run(7 * time.Minute)
		r.stop()
		r.requireAllOnce()
		assert.NotEmpty(t, r.lines("works again", "throttle"))
	})
}

// gapAfterThrottle is the time from the answer that throttled to the next request.
// What went through the gate in the same instant does not count.
func (r *rig) gapAfterThrottle() time.Duration {
	r.t.Helper()
	var throttled time.Time
	for _, request := range r.apiRequests() {
		switch {
		case request.Code == "AF429":
			throttled = request.At
		case !throttled.IsZero() && request.At.After(throttled):
			return request.At.Sub(throttled)
		}
	}
	require.Fail(r.t, "no request after a throttle")
	return 0
}

func TestThrottlesInARowWaitTwiceAsLongEachTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["content_types"] = "Audit.Exchange"
		r.sim.AddContent(simulator.AuditExchange, 1, 1, time.Now().Add(-20*time.Hour), time.Now())
		r.start()
		r.run(time.Second)
		remove := r.sim.Inject(simulator.MustFault("af429").On(simulator.RouteContentList))
		r.run(time.Hour)
		var throttled []simulator.Request
		for _, request := range r.apiRequests() {
			if request.Code == "AF429" {
				throttled = append(throttled, request)
			}
		}
		want := 5 * time.Second
		for _, wait := range waits(throttled) {
			assert.InDelta(t, want, wait, float64(100*time.Millisecond))
			want = min(2*want, 5*time.Minute)
		}
		assert.Greater(t, len(throttled), 12)
		remove()
		r.run(10 * time.Minute)
		r.stop()
		r.requireAllOnce()
	})
}

func TestWorkersHalveUnderThrottlingAndGrowBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const latency = 10137 * time.Millisecond // so that nothing is asked in the instant in which a test looks
		r := newRig(t, func(o *simulator.Options) { o.PageSize = 0 })
		r.settings["content_types"] = "Audit.Exchange"
		r.sim.AddContent(simulator.AuditExchange, 500, 1, time.Now().Add(-20*time.Hour), time.Now())
		r.start()
		r.sim.Change(func(o *simulator.Options) { o.Latency = latency })
		r.run(2 * time.Minute)
		underWay := func() int {
			asked := time.Now()
			r.run(2 * latency) // until they are answered, and so in the log
			n := 0
			for _, request := range r.sim.Requests(simulator.RouteBlob) {
				if !request.At.After(asked) && request.At.After(asked.Add(-latency)) {
					n++
				}
			}
			return n
		}
		assert.Equal(t, 8, underWay())
		r.sim.Inject(simulator.MustFault("429").Count(1))
		r.run(25 * time.Second) // the answer, the wait, and the first ones after it
		assert.LessOrEqual(t, underWay(), 5, "half of them, and one for the half minute since")
		r.run(20 * time.Second)
		assert.LessOrEqual(t, underWay(), 6)
		r.run(2 * time.Minute)
		assert.Equal(t, 8, underWay(), "one more every half minute")
		r.stop()
	})
}

func TestFiveContentTypesShareOneQuota(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["requests_per_minute"] = "60"
		r.fill(20, 1)
		r.start()
		r.run(3 * time.Minute)
		r.stop()
		r.requireAllOnce()
		requests := r.apiRequests()
		for i := range requests[60:] {
			assert.GreaterOrEqual(t, requests[60+i].At.Sub(requests[i].At), 59*time.Second, "61 requests within a minute")
		}
		for _, request := range requests {
			assert.Equal(t, tenantID, request.Publisher, "without it the quota is a small one, shared with strangers")
			assert.NotEqual(t, http.StatusForbidden, request.Status)
		}
	})
}

func TestAThrottledTokenEndpointIsGivenItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.fill(2, 2)
		fault := simulator.MustFault("token-429")
		fault.Action.Header = map[string]string{"Retry-After": "90"}
		r.sim.Inject(fault.Count(2))
		r.start()
		r.run(10 * time.Minute)
		r.stop()
		r.requireAllOnce()
		tokens := r.sim.Requests(simulator.RouteToken)
		require.Len(t, tokens, 3)
		for _, wait := range waits(tokens) {
			assert.GreaterOrEqual(t, wait, 90*time.Second)
			assert.LessOrEqual(t, wait, 2*time.Minute)
		}
		assert.Equal(t, 1, strings.Count(r.log.String(), "no access token"))
	})
}
