package collector_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/simulator"
)

func TestA401OnceIsAnsweredWithANewTokenAtOnce(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"401-once", "401-empty"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, nil)
				id := r.sim.AddBlob(simulator.Blob{Type: simulator.AuditExchange, Created: time.Now().Add(-time.Hour), Generate: 2})
				r.sim.Inject(simulator.MustFault(name).At(id).Count(1))
				r.start()
				r.run(10 * time.Second)
				r.stop()
				r.requireAllOnce()
				assert.Len(t, r.fetches(id), 2)
				assert.Equal(t, []time.Duration{0}, waits(r.fetches(id)))
				assert.Len(t, r.sim.Requests(simulator.RouteToken), 2, "one for all, and the new one")
				assert.Empty(t, r.lines("level=ERROR"))
			})
		})
	}
}

func TestA401ForEverIsTriedEvery5MinutesAndTokensAreNotAskedForInALoop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.fill(2, 2)
		remove := r.sim.Inject(simulator.MustFault("401").On(simulator.RouteContentList))
		r.start()
		r.run(59 * time.Minute)
		for _, ct := range simulator.ContentTypes() {
			listings := r.requests(simulator.RouteContentList, ct)
			assert.InDelta(t, 20, len(listings), 6, "with two tokens at most, every 5 minutes and a bit")
			assert.Len(t, r.lines("level=ERROR", "cannot list; tried again every 5 minutes", string(ct), "plan (or api_url)"), 1, r.log)
		}
		assert.Less(t, len(r.sim.Requests(simulator.RouteToken)), 70)
		r.end(remove)
	})
}

func TestA401InMidPageCostsNoPage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(o *simulator.Options) { o.PageSize = 1 })
		r.settings["content_types"], r.settings["start_from"] = "Audit.Exchange", "2h"
		r.sim.AddContent(simulator.AuditExchange, 5, 2, time.Now().Add(-100*time.Minute), time.Now())
		r.sim.Inject(simulator.MustFault("401").On(simulator.RouteContentList).Nth(3))
		r.start()
		r.run(10 * time.Second)
		listings := r.sim.Requests(simulator.RouteContentList)
		assert.Len(t, listings, 6, "five pages, and one of them again")
		assert.Equal(t, listings[2].Query, listings[3].Query)
		assert.Empty(t, r.lines("level=ERROR"))
		r.stop()
		r.requireAllOnce()
	})
}

func TestATokenThatEndsInTheMiddleOfAScanCostsNoPage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(o *simulator.Options) {
			o.PageSize, o.TokenLife, o.Latency = 1, 5*time.Minute, 10*time.Second
		})
		r.settings["content_types"], r.settings["start_from"] = "Audit.Exchange", "2h"
		r.settings["interval"] = "30m"
		r.sim.AddContent(simulator.AuditExchange, 60, 2, time.Now().Add(-100*time.Minute), time.Now())
		r.start()
		r.run(15 * time.Minute) // ten minutes of pages
		assert.Len(t, r.sim.Requests(simulator.RouteContentList), 60)
		assert.Greater(t, len(r.sim.Requests(simulator.RouteToken)), 2)
		for _, request := range r.sim.Failed() {
			assert.NotEqual(t, http.StatusUnauthorized, request.Status, "the token is renewed before it ends")
		}
		r.stop()
		r.requireAllOnce()
	})
}

func TestATokenEndpointThatIsDownForAnHour(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"token-503", "token-html", "token-50033"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, nil)
				r.fill(2, 2)
				remove := r.sim.Inject(simulator.MustFault(name))
				r.start()
				r.run(59 * time.Minute)
				assert.Empty(t, r.apiRequests(), "nothing is asked without a token")
				assert.Less(t, len(r.sim.Requests(simulator.RouteToken)), 5*25, "with growing waits")
				assert.Len(t, r.lines("level=ERROR", "no access token", "to_do="), 1, r.log)
				assert.Len(t, r.lines("level=ERROR"), 1)
				remove()
				r.run(6*time.Minute + 30*time.Second)
				r.requireAllOnce()
				r.stop()
				assert.NotEmpty(t, r.lines("works again", "token"))
			})
		})
	}
}

func TestATokenEndpointThatIsDownWhileContentsWaitIsNotHammered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["content_types"], r.settings["requests_per_minute"] = "Audit.Exchange", "60"
		r.sim.AddContent(simulator.AuditExchange, 100, 1, time.Now().Add(-20*time.Hour), time.Now())
		r.start()
		r.run(time.Minute)
		r.sim.RevokeTokens()
		remove := r.sim.Inject(simulator.MustFault("token-503"))
		r.sim.ForgetRequests()
		r.run(10 * time.Minute)
		assert.Less(t, len(r.sim.Requests(simulator.RouteToken)), 60, "with growing waits, for the contents as for the listings")
		r.end(remove)
	})
}

func TestASlowTokenEndpointIsWaitedForUntilTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.fill(1, 2)
		slow := simulator.Fault{Route: simulator.RouteToken, Times: 1, Action: simulator.Action{Delay: simulator.Duration(50 * time.Second)}}
		r.sim.Inject(slow)
		r.start()
		r.run(70 * time.Second)
		r.requireAllOnce()
		assert.Empty(t, r.lines("level=ERROR"))

		slow.Times, slow.Action.Delay = 0, simulator.Duration(10*time.Minute)
		r.sim.RevokeTokens()
		remove := r.sim.Inject(slow)
		r.run(20 * time.Minute)
		assert.Len(t, r.lines("level=ERROR", "no access token", "no answer within 1m30s"), 1, r.log)
		r.sim.AddContent(simulator.AuditGeneral, 1, 2, time.Now().Add(-time.Hour), time.Now())
		r.end(remove)
	})
}

func TestAnExpiredSecretIsSaidWithWhatToDo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.fill(1, 2)
		remove := r.sim.Inject(simulator.MustFault("token-7000222"))
		r.start()
		r.run(59 * time.Minute)
		assert.Len(t, r.lines("level=ERROR", "AADSTS7000222", "make a new client secret", "next_try_in=5m0s"), 1, r.log)
		assert.Len(t, r.lines("level=ERROR"), 1)
		assert.Less(t, len(r.sim.Requests(simulator.RouteToken)), 5*12+1)
		assert.Empty(t, r.apiRequests())
		r.end(remove)
	})
}

func TestATokenWithoutRolesIsReplacedUntilConsentIsGiven(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(o *simulator.Options) { o.Roles = []string{} })
		r.fill(1, 2)
		r.start()
		r.run(59 * time.Minute)
		assert.Len(t, r.lines("level=ERROR", "AF10001", "ActivityFeed.Read", "admin consent",
			`content_types="Audit.AzureActiveDirectory, Audit.Exchange, Audit.General, Audit.SharePoint, DLP.All"`), 1, r.log)
		assert.Len(t, r.lines("level=ERROR"), 1, "one line for all content types")
		for _, request := range r.apiRequests() {
			assert.Equal(t, http.StatusUnauthorized, request.Status)
		}
		assert.Less(t, len(r.apiRequests()), 5*2*13)
		r.sim.Change(func(o *simulator.Options) { o.Roles = nil })
		r.run(6*time.Minute + 30*time.Second)
		r.requireAllOnce()
		r.stop()
	})
}

func TestARoleThatLacksForDLPAllStopsNoOtherContentType(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(o *simulator.Options) {
			o.StrictDLP, o.Roles = true, []string{"ActivityFeed.Read"}
		})
		r.fill(2, 3)
		r.start()
		r.run(time.Minute)
		assert.Len(t, r.delivered, 4*2*3, "the other four have arrived")
		r.run(58 * time.Minute)
		assert.Len(t, r.lines("level=ERROR", "content_types=DLP.All", "ActivityFeed.ReadDlp"), 1, r.log)
		assert.Len(t, r.lines("level=ERROR"), 1)
		tries := 0
		for _, request := range r.sim.Failed() {
			require.Equal(t, simulator.DLPAll, request.ContentType)
			tries++
		}
		assert.InDelta(t, 11, tries, 3, "every 5 minutes and a bit")
		r.sim.Change(func(o *simulator.Options) { o.Roles = nil })
		r.run(15 * time.Minute) // the next try may still have the old token, and the one after it comes 6¼ minutes later at most
		r.requireAllOnce()
		r.stop()
		assert.NotContains(t, r.log.String(), secret)
	})
}
