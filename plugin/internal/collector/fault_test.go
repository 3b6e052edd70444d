package collector_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/simulator"
)

// overcome is how long a fault of the catalog may keep records back after it
// has ended: after an error that a person has to mend, 5 minutes and a quarter
// and the next interval; after a listing of many pages, the half hour until the
// whole is listed again.
const overcome = 45 * time.Minute

// TestEveryFaultThatPassesLosesNothing lets each fault of the simulator's
// catalog happen for a while, one after the other, and expects every record
// once afterwards.
func TestEveryFaultThatPassesLosesNothing(t *testing.T) {
	t.Parallel()
	for _, fault := range simulator.Faults() {
		if loses(fault) {
			continue
		}
		t.Run(fault.Name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, nil)
				r.fill(3, 4)
				remove := r.sim.Inject(fault)
				r.start()
				r.run(10 * time.Minute)
				remove()
				r.sim.AddContent(simulator.AuditGeneral, 2, 4, time.Now().Add(-time.Hour), time.Now())
				r.run(overcome)
				r.stop()
				r.requireAllOnce()
				assert.NotContains(t, r.log.String(), "a bug")
				assert.NotContains(t, r.log.String(), secret)
			})
		})
	}
}

// loses reports whether a fault takes records away or adds text, or needs a
// connection, which this rig does not have.
func loses(fault simulator.Fault) bool {
	switch {
	case strings.HasPrefix(fault.Name, "gone"), strings.HasPrefix(fault.Name, "expired"):
		return true // the API says that it has no more; see TestContentThatIsGone…
	case fault.Action.Single:
		return true // answers with one record of the blob and calls that all
	case fault.Action.Insert != nil:
		return true // text that stays in the body; see TestBrokenText…
	default:
		return slices.Contains([]string{"trickle", "stall", "slow-start", "reset", "reset-once"}, fault.Name)
	}
}

func TestContentThatIsGoneIsSaidAndHoldsUpNothing(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"gone", "gone-400", "expired", "expired-410"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, nil)
				r.fill(3, 4)
				lost := r.sim.AddContent(simulator.DLPAll, 1, 4, time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour))
				r.sim.Inject(simulator.MustFault(name).At(lost[0]))
				r.start()
				r.run(overcome)
				r.stop()
				assert.Len(t, r.delivered, 5*3*4)
				assert.Equal(t, 1, strings.Count(r.log.String(), "content is gone"))
				assert.Contains(t, r.log.String(), lost[0])
			})
		})
	}
}

func TestBrokenTextInABlobCostsNoRecord(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"malformed-record", "no-object", "no-id", "invalid-utf8"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, nil)
				r.fill(1, 6)
				ids := r.sim.AddContent(simulator.AuditExchange, 1, 6, time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour))
				r.sim.Inject(simulator.MustFault(name).At(ids[0]))
				r.start()
				r.run(24 * time.Hour)
				r.stop()
				var odd []string
				seen := map[string]int{}
				offered := map[string]bool{}
				for _, id := range r.sim.Offered() {
					offered[id] = true
				}
				for _, id := range r.delivered {
					if seen[id]++; !offered[id] {
						odd = append(odd, id)
					}
				}
				for id := range offered {
					require.Equal(t, 1, seen[id], id)
				}
				assert.Len(t, odd, 1, "what is no record comes out once")
			})
		})
	}
}

func TestAnOutageOfHoursPutsNothingIntoQuarantine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.fill(40, 2)
		remove := r.sim.Inject(simulator.MustFault("503"))
		r.start()
		r.run(6 * time.Hour)
		assert.Less(t, len(r.sim.Requests(simulator.RouteBlob)), 1000, "the service is not hammered")
		remove()
		r.run(5 * time.Minute)
		r.stop()
		r.requireAllOnce()
		assert.NotContains(t, r.log.String(), "quarantine")
		assert.Less(t, strings.Count(r.log.String(), "level=ERROR"), 50, "one line an hour for each content type")
	})
}
