package collector_test

import (
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
					assert.Less(t, len(r.requests(simulator.RouteContentList, ct)), 2*6*12+20, "the service is not hammered")
				}
				assert.Less(t, len(r.sim.Requests(simulator.RouteBlob)), 1000)
				assert.LessOrEqual(t, len(r.lines("level=ERROR")), 7*6, "one line an hour for each content type")
				r.run(7 * time.Minute)
				r.requireAllOnce()
				r.stop()
				assert.NotContains(t, r.log.String(), "quarantine")
				assert.NotContains(t, r.log.String(), "lost, for")
			})
		})
	}
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
