package collector_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/simulator"
)

func TestASubscriptionThatCannotBeStartedIsTriedAgainSoon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["content_types"] = "Audit.Exchange"
		r.sim.Inject(simulator.MustFault("af50000").On(simulator.RouteStart).Count(2))
		r.start()
		r.run(2 * time.Minute)
		assert.Equal(t, "enabled", r.sim.Subscribed()[simulator.AuditExchange], "what appears while it is off is lost")
		assert.Len(t, r.sim.Requests(simulator.RouteStart), 3)
		r.stop()
	})
}

func TestASubscriptionThatAnAdministratorDisablesIsStartedWithinOneInterval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.fill(1, 2)
		r.start()
		r.run(time.Hour)
		r.sim.ForgetRequests()
		r.sim.Stop(simulator.AuditSharePoint)
		r.run(5*time.Minute + 5*time.Second)
		starts := r.sim.Requests(simulator.RouteStart)
		require.Len(t, starts, 1)
		assert.Equal(t, simulator.AuditSharePoint, starts[0].ContentType)
		assert.Len(t, r.lines("level=ERROR", "AF20023", "ask who stops it", "content_types=Audit.SharePoint"), 1, r.log)
		r.sim.AddContent(simulator.AuditSharePoint, 1, 2, time.Now(), time.Now().Add(time.Minute))
		r.run(6 * time.Minute)
		r.stop()
		r.requireAllOnce()
	})
}

func TestAnAdministratorWhoDisablesASubscriptionAgainAndAgainMeetsOneStartIn15Minutes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["content_types"], r.settings["interval"] = "Audit.SharePoint", "1m"
		r.start()
		r.run(20 * time.Minute)
		for range 30 {
			r.sim.Stop(simulator.AuditSharePoint)
			r.run(2 * time.Minute)
		}
		starts := r.sim.Requests(simulator.RouteStart)
		assert.GreaterOrEqual(t, len(starts), 4)
		for _, wait := range waits(starts) {
			assert.GreaterOrEqual(t, wait, 15*time.Minute)
		}
		r.run(20 * time.Minute)
		assert.Equal(t, "enabled", r.sim.Subscribed()[simulator.AuditSharePoint])
		assert.NotEmpty(t, r.lines("works again"))
		r.stop()
	})
}

func TestASubscriptionIsNeverStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.start()
		r.run(time.Minute)
		r.stop()
		assert.Empty(t, r.sim.Requests(simulator.RouteStop))
		r.start()
		r.run(time.Minute)
		r.stop()
		assert.Len(t, r.sim.Requests(simulator.RouteStart), 5, "what is enabled is not started again")
	})
}

func TestAContentTypeWithoutPermissionStopsNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.fill(2, 2)
		var remove []func()
		for _, route := range []simulator.Route{simulator.RouteStart, simulator.RouteContentList, simulator.RouteBlob} {
			remove = append(remove, r.sim.Inject(simulator.MustFault("no-permission").On(route).For(simulator.AuditGeneral)))
		}
		r.start()
		r.run(time.Minute)
		assert.Len(t, r.delivered, 4*2*2)
		r.run(58 * time.Minute)
		assert.Len(t, r.lines("level=ERROR", "AF10001", "content_types=Audit.General"), 1, r.log)
		assert.Len(t, r.lines("level=ERROR"), 1)
		assert.Less(t, len(r.requests(simulator.RouteContentList, simulator.AuditGeneral)), 13)
		for _, f := range remove {
			f()
		}
		r.run(10 * time.Minute)
		r.stop()
		r.requireAllOnce()
	})
}

func TestContentsThatMayNotBeFetchedHoldUpNoOtherType(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["interval"] = "1m"
		r.fill(2, 2)
		remove := r.sim.Inject(simulator.MustFault("no-permission").For(simulator.AuditGeneral))
		r.start()
		r.run(90 * time.Second)
		assert.Len(t, r.delivered, 4*2*2)
		for range 5 {
			r.sim.AddContent(simulator.AuditExchange, 1, 2, time.Now(), time.Now().Add(time.Second))
			before := len(r.delivered)
			r.run(65 * time.Second)
			assert.Len(t, r.delivered, before+2, "it does not wait five minutes")
		}
		remove()
		r.run(10 * time.Minute)
		r.stop()
		r.requireAllOnce()
	})
}

func TestAuditingThatIsOffIsSaidWithWhatToDo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(o *simulator.Options) { o.AuditOff = true })
		r.start()
		r.run(59 * time.Minute)
		for _, ct := range simulator.ContentTypes() {
			assert.NotEmpty(t, r.lines("level=ERROR", "turn on auditing in the Microsoft Purview portal", "content_types=", string(ct)), r.log)
			starts := r.requests(simulator.RouteStart, ct)
			assert.InDelta(t, 11, len(starts), 2)
			for _, wait := range waits(starts)[1:] {
				assert.GreaterOrEqual(t, wait, 5*time.Minute)
			}
		}
		assert.LessOrEqual(t, len(r.lines("level=ERROR")), 2*5)
		r.sim.Change(func(o *simulator.Options) { o.AuditOff = false })
		r.run(7 * time.Minute)
		for _, status := range r.sim.Subscribed() {
			assert.Equal(t, "enabled", status)
		}
		r.sim.AddContent(simulator.AuditGeneral, 1, 2, time.Now(), time.Now().Add(time.Minute))
		r.run(6 * time.Minute)
		r.stop()
		r.requireAllOnce()
	})
}

func TestAuditingThatIsSwitchedOffLaterIsSaidToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["content_types"] = "Audit.Exchange"
		r.start()
		r.run(time.Hour)
		r.sim.Change(func(o *simulator.Options) { o.AuditOff = true })
		r.sim.Stop(simulator.AuditExchange)
		r.run(10 * time.Minute)
		assert.Len(t, r.lines("level=ERROR", "turn on auditing"), 1, r.log)
		r.stop()
	})
}

func TestAStartThatIsThrottledShutsTheGate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["content_types"] = "Audit.Exchange, DLP.All"
		r.start()
		r.run(time.Hour)
		r.sim.ForgetRequests()
		r.sim.Stop(simulator.AuditExchange)
		r.sim.Inject(simulator.MustFault("af429-seconds").On(simulator.RouteStart).Count(1))
		r.run(6 * time.Minute)
		assert.Equal(t, "enabled", r.sim.Subscribed()[simulator.AuditExchange])
		assert.Len(t, r.lines("level=ERROR", "throttled: all requests"), 1, r.log)
		assert.Len(t, r.sim.Requests(simulator.RouteStart), 2)
		r.stop()
	})
}
