package collector_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/plugin/internal/collector"
	"office365/tests/simulator"
)

// Each test here is a fault that the collector once had.

func TestAfterACutWhatCannotBeCoveredIsListedOnceAnInterval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(o *simulator.Options) { o.PageSize = 3000; o.Latency = 100 * time.Millisecond })
		r.settings["content_types"] = "Audit.Exchange"
		r.settings["start_from"] = "2h"
		r.settings["requests_per_minute"] = "300" // few of the contents are fetched: this is about listings
		from, to := time.Now().Add(-115*time.Minute), time.Now().Add(20*time.Minute)
		r.sim.AddContent(simulator.AuditExchange, int(to.Sub(from).Minutes()*190), 1, from, to)
		r.start()
		r.run(10 * time.Minute)
		r.sim.ForgetRequests()
		r.run(10 * time.Minute)
		// Two turns; a round is some ten pages, and more than that every half hour only.
		listings := len(r.sim.Requests(simulator.RouteContentList))
		assert.Less(t, listings, 40)
		assert.Positive(t, listings)
		r.stop()
		assert.Contains(t, r.log.String(), "was cut")
	})
}

func TestAClockThatIsDaysAheadLosesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const ahead = 72 * time.Hour
		r := newRig(t, func(o *simulator.Options) { o.Now = func() time.Time { return time.Now().Add(-ahead) } })
		r.settings["start_from"] = "earliest"
		server := time.Now().Add(-ahead)
		for _, ct := range simulator.ContentTypes() {
			r.sim.AddContent(ct, 5, 3, server.Add(-6*24*time.Hour), server.Add(-5*24*time.Hour))
			r.sim.AddContent(ct, 5, 3, server.Add(-20*time.Hour), server)
		}
		r.start()
		r.run(10 * time.Minute)
		r.stop()
		r.requireAllOnce()
		assert.Contains(t, r.log.String(), "clock of this machine")
	})
}

func TestAnOriginInTheServersFutureIsMovedBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const ahead = 2 * time.Hour
		r := newRig(t, func(o *simulator.Options) { o.Now = func() time.Time { return time.Now().Add(-ahead) } })
		r.settings["start_from"] = "now"
		// The first run has no token, so it never learns the server's time.
		remove := r.sim.Inject(simulator.MustFault("token-503"))
		r.start()
		r.run(time.Minute)
		r.stop()
		remove()
		r.start()
		r.sim.AddContent(simulator.AuditGeneral, 2, 3, time.Now().Add(-ahead), time.Now().Add(-ahead+time.Minute))
		r.run(10 * time.Minute)
		r.stop()
		r.requireAllOnce()
	})
}

func TestThrottlesNowAndThenDoNotAddUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["content_types"] = "Audit.Exchange"
		r.settings["interval"] = "1m"
		r.start()
		r.run(time.Minute)
		for range 12 {
			r.sim.Inject(simulator.MustFault("af429").On(simulator.RouteContentList).Count(1))
			r.sim.ForgetRequests()
			r.run(4 * time.Minute)
			require.Greater(t, len(r.sim.Requests(simulator.RouteContentList)), 3, "listings in 4 minutes with one throttle")
		}
		r.stop()
	})
}

func TestADamagedFileIsNotForgottenByACrash(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["start_from"] = "now"
		r.fill(3, 3)
		require.NoError(t, os.WriteFile(r.settings["db"], bytes.Repeat([]byte("garbage!"), 4096), 0o600))
		c, err := collector.New(r.options())
		require.NoError(t, err)
		c.Stop() // before any goroutine ran
		assert.Contains(t, r.log.String(), "damaged")
		r.start()
		r.run(2 * time.Minute)
		r.stop()
		r.requireAllOnce()
	})
}

func TestACommitBeforeTheCopyIsMadeGivesItsMemoryBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.counted = false
		r.settings["commit_delay"] = "0s"
		r.settings["batch_size"] = "64K"
		r.settings["buffer_size"] = "128K"
		r.settings["max_record_size"] = "32K"
		r.fill(20, 50)
		r.start()
		for range 900 {
			if b := r.c.Next(); b != nil {
				r.ring = append(r.ring, r.ids(b))
				sleep(600 * time.Millisecond) // the ring is full: Fluent Bit waits in its append
				r.c.Done()
				r.drain()
			}
			sleep(400 * time.Millisecond)
		}
		r.stop()
		r.requireAllOnce()
	})
}

func TestARecordThatGrowsInItsEncodingFitsIntoTheBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["content_types"] = "Audit.Exchange"
		r.settings["batch_size"] = "1M"
		r.settings["buffer_size"] = "2M"
		r.settings["max_record_size"] = "2M"
		record := func(id, text string) string {
			return `{"Id":"` + id + `","CreationTime":"2026-01-01T00:00:00","Operation":"o","Workload":"Exchange","RecordType":1,"Text":"` + text + `"}`
		}
		small := strings.Repeat(record("small", strings.Repeat("p", 5000))+",", 20)
		big := record("big", strings.Repeat("\xff", 1_999_000))
		r.sim.AddBlob(simulator.Blob{Type: simulator.AuditExchange, Created: time.Now().Add(-time.Hour), Body: []byte("[" + small + big + "]")})
		r.start()
		r.run(2 * time.Minute)
		r.stop()
		assert.ElementsMatch(t, []string{"small", "big"}, r.delivered)
	})
}

// closing breaks the end of every content's body, after it was read.
type closing struct{ next http.RoundTripper }

type brokenEnd struct{ io.ReadCloser }

func (b brokenEnd) Close() error {
	_ = b.ReadCloser.Close() // the error below is the point
	return io.ErrClosedPipe
}

func (c closing) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := c.next.RoundTrip(r)
	if err == nil && strings.Contains(r.URL.Path, "/audit/") {
		resp.Body = brokenEnd{resp.Body}
	}
	return resp, err
}

func TestABodyThatCannotBeClosedHasArrived(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["dedup"] = "off"
		r.fill(1, 3)
		o := r.options()
		o.Transport = closing{o.Transport}
		c, err := collector.New(o)
		require.NoError(t, err)
		r.c = c
		c.Start()
		t.Cleanup(c.Stop)
		r.run(10 * time.Minute)
		r.stop()
		r.requireAllOnce()
	})
}

func TestARepeatIsDroppedDuringCatchUpToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["content_types"] = "Audit.Exchange"
		r.settings["start_from"] = "earliest"
		created := time.Now().Add(-3 * 24 * time.Hour)
		id := r.sim.AddBlob(simulator.Blob{Type: simulator.AuditExchange, Created: created, Generate: 5})
		r.start()
		r.run(3 * time.Minute)
		r.sim.Republish(id, time.Now().Add(-time.Hour))
		r.run(6 * time.Minute)
		r.stop()
		assert.Len(t, r.delivered, 5)
	})
}

func TestATokenEndpointThatIsDownForSecondsCostsSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["content_types"] = "Audit.Exchange"
		r.sim.AddContent(simulator.AuditExchange, 3000, 1, time.Now().Add(-20*time.Hour), time.Now())
		r.start()
		r.run(30 * time.Second)
		r.sim.RevokeTokens()
		fault := simulator.MustFault("token-503")
		fault.Until = time.Now().Add(20 * time.Second)
		r.sim.Inject(fault)
		r.run(4 * time.Minute)
		assert.Len(t, r.delivered, 3000)
		r.stop()
		r.requireAllOnce()
	})
}

func TestRecordsBehindBrokenTextAreNotTakenForOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["dedup"] = "off" // so that records are known by their places
		r.settings["content_types"] = "Audit.Exchange"
		r.sim.AddBlob(simulator.Blob{Type: simulator.AuditExchange, Created: time.Now().Add(-time.Hour), Generate: 10})
		r.sim.Inject(simulator.Fault{Name: "overwritten", Route: simulator.RouteBlob, Times: 1, Action: simulator.Action{
			Change: func(body []byte) []byte {
				body = bytes.Clone(body)
				clear(body[1000:min(5000, len(body)-1000)])
				return body
			},
		}})
		r.start()
		r.run(5 * time.Minute)
		r.stop()
		for _, id := range r.sim.Offered() {
			assert.Contains(t, r.delivered, id)
		}
	})
}
