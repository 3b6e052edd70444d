package collector_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/normalize"
	"office365/plugin/internal/state"
	"office365/tests/simulator"
)

// saved opens the state file, which must be free, and returns what is in it.
func (r *rig) saved() state.Saved {
	r.t.Helper()
	f, saved, err := state.Open(state.Options{Path: r.settings["db"], Tenant: tenantID, Wait: time.Second, Now: time.Now()})
	require.NoError(r.t, err)
	require.NoError(r.t, f.Close())
	return saved
}

// late adds a blob that was created so long ago and becomes listable only so
// long from now.
func (r *rig) late(created, listable time.Duration) {
	r.sim.AddBlob(simulator.Blob{
		Type: simulator.AuditSharePoint, Created: time.Now().Add(-created), Listable: time.Now().Add(listable), Generate: 3,
	})
}

func TestContentThatComesLateOnBothSidesOfAnOutageIsFound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.fill(2, 3)
		r.start()
		r.run(30 * time.Minute)
		r.late(0, 115*time.Minute) // listable during the outage
		r.late(100*time.Minute, time.Minute)
		remove := r.sim.Inject(simulator.MustFault("af50000").On(simulator.RouteContentList))
		for range 5 {
			r.run(time.Hour)
			r.late(0, 0)
			r.late(0, 118*time.Minute) // the last of them behind its end
		}
		remove()
		r.late(90*time.Minute, 25*time.Minute)
		r.run(3 * time.Hour)
		r.stop()
		r.requireAllOnce()
	})
}

func TestAQuietTypeMovesOnAndMissesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.start()
		sleep(8 * time.Hour)
		r.late(110*time.Minute, 0)
		r.run(10 * time.Minute)
		r.stop()
		r.requireAllOnce()
		for ct, p := range r.saved().Positions {
			behind := time.Since(p.Watermark(time.Now()))
			assert.Less(t, behind, 2*time.Hour+6*time.Minute, ct)
			assert.Len(t, p.Covered(), 1, "spans merge")
			assert.Zero(t, p.DoneCount()-len(r.sim.Contents(simulator.ContentType(ct))), "nothing else is remembered")
		}
	})
}

func TestAWindowOfMoreThan20000ContentsBecomesKnownWhole(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(o *simulator.Options) { o.PageSize = 3000 })
		r.settings["content_types"] = "Audit.Exchange"
		r.settings["requests_per_minute"] = "60" // few of the contents are fetched: this is about listings
		r.sim.AddContent(simulator.AuditExchange, 22_000, 1, time.Now().Add(-12*time.Hour), time.Now().Add(-10*time.Hour))
		r.start()
		r.run(3 * time.Minute)
		r.stop()
		assert.Contains(t, r.log.String(), "was cut")
		p := r.saved().Positions[normalize.AuditExchange]
		known, _ := p.KnownCount()
		assert.Equal(t, 22_000, known+len(r.delivered), "what is done is covered, and forgotten")
		for _, offered := range r.sim.Contents() {
			_, known := p.Content(offered.ID)
			require.True(t, known || offered.Served > 0, offered.ID)
		}
	})
}

func TestContentsOfOneMomentInAnyOrderArriveOnce(t *testing.T) {
	t.Parallel()
	for _, order := range []simulator.Order{simulator.Sorted, simulator.Shuffled, simulator.Reversed} {
		t.Run(string(order), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, func(o *simulator.Options) { o.Order, o.PageSize = order, 3 })
				now := time.Now().Truncate(24 * time.Hour) // an end of a window
				for _, created := range []time.Time{now, now.Add(-time.Nanosecond), now.Add(-time.Second), now.Add(-time.Hour)} {
					for range 10 {
						r.sim.AddBlob(simulator.Blob{Type: simulator.AuditGeneral, Created: created, Generate: 2})
					}
				}
				r.start()
				r.run(10 * time.Minute)
				r.stop()
				r.requireAllOnce()
			})
		})
	}
}

// TestAClockTwoHoursWrongLosesNothing: the end of a window stays behind the
// earlier of both clocks, so a clock that is behind delays by just that.
func TestAClockTwoHoursWrongLosesNothing(t *testing.T) {
	t.Parallel()
	for name, ahead := range map[string]time.Duration{"ours is ahead": 2 * time.Hour, "ours is behind": -2 * time.Hour} {
		for _, from := range []string{"now", "24h", "earliest"} {
			t.Run(name+", from "+from, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { collectWithClock(t, ahead, from) })
			})
		}
	}
}

func collectWithClock(t *testing.T, ahead time.Duration, from string) {
	t.Helper()
	server := func() time.Time { return time.Now().Add(-ahead) }
	r := newRig(t, func(o *simulator.Options) { o.Now = server })
	r.settings["start_from"] = from
	r.start()
	r.run(time.Minute)
	for range 4 {
		r.sim.AddContent(simulator.DLPAll, 1, 3, server().Add(-30*time.Second), server())
		r.run(6*time.Minute + max(0, -ahead))
		require.Len(t, r.delivered, len(r.sim.Offered()), "within an interval, and what our clock is behind")
	}
	r.stop()
	r.start()
	r.run(6 * time.Minute)
	r.stop()
	r.requireAllOnce()
	assert.NotContains(t, r.log.String(), "AF20055")
	assert.NotContains(t, r.log.String(), "beyond the API's seven days")
}
