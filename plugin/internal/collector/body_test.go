package collector_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/simulator"
)

// one adds a content to Audit.Exchange, the oldest in its queue, and ten others
// behind it.
func (r *rig) one() (id string) {
	r.settings["content_types"] = "Audit.Exchange"
	id = r.sim.AddBlob(simulator.Blob{Type: simulator.AuditExchange, Created: time.Now().Add(-20 * time.Hour), Generate: 6})
	r.sim.AddContent(simulator.AuditExchange, 10, 2, time.Now().Add(-10*time.Hour), time.Now())
	return id
}

// TestABodyThatIsNoListOfRecordsIsTriedFiveTimesAndThenSlowly has a row for each
// body that came in the place of a good one.
func TestABodyThatIsNoListOfRecordsIsTriedFiveTimesAndThenSlowly(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"empty", "empty-object", "html"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			badBody(t, name)
		})
	}
}

func badBody(t *testing.T, name string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		id := r.one()
		remove := r.sim.Inject(simulator.MustFault(name).At(id))
		r.start()
		r.run(10 * time.Second)
		assert.Len(t, r.delivered, 20, "the others do not wait")
		r.run(6 * time.Minute)
		want := 15 * time.Second
		fetches := r.fetches(id)
		require.Len(t, fetches, 5)
		for _, wait := range waits(fetches) {
			assert.GreaterOrEqual(t, wait, want)
			assert.LessOrEqual(t, wait, want*3/2+time.Second)
			want *= 2
		}
		assert.Len(t, r.lines("level=ERROR", "content cannot be read; tried again with growing waits", id), 1, r.log)
		assert.Len(t, r.lines("level=WARN", "put into quarantine", id), 1)
		remove()
		r.run(overcome)
		r.stop()
		r.requireAllOnce()
	})
}

func TestAnErrorObjectInThePlaceOfAContentIsTheErrorThatItSays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		id := r.one()
		remove := r.sim.Inject(simulator.MustFault("error-object").At(id)) // AF50000 with status 200
		r.start()
		isTriedAgain(t, r, id)
		remove()
		r.run(10 * time.Minute)
		r.stop()
		r.requireAllOnce()
	})
}

func TestATruncatedBodyGivesItsWholeRecordsAtOnceAndIsTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		id := r.one()
		remove := r.sim.Inject(simulator.MustFault("truncated").At(id))
		r.start()
		r.run(10 * time.Second)
		assert.Len(t, r.delivered, 20+5, "of its six records")
		isTriedAgain(t, r, id)
		assert.Len(t, r.delivered, 20+5)
		remove()
		r.run(10 * time.Minute)
		r.stop()
		r.requireAllOnce()
	})
}

func TestATruncatedBodyOnceIsTheWholeOneSoonAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		id := r.one()
		r.sim.Inject(simulator.MustFault("truncated-once").At(id))
		r.start()
		r.run(30 * time.Second)
		r.stop()
		r.requireAllOnce()
		assert.Len(t, r.fetches(id), 2)
	})
}

func TestAWrongContentTypeOrAByteOrderMarkChangesNothing(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"wrong-content-type", "bom"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, nil)
				id := r.one()
				r.sim.Inject(simulator.MustFault(name))
				r.start()
				r.run(10 * time.Second)
				r.stop()
				r.requireAllOnce()
				assert.Len(t, r.fetches(id), 1)
				assert.Empty(t, r.lines("level=ERROR"))
			})
		})
	}
}

func TestAConnectionThatBreaksInABodyCostsNoRecordAndRepeatsNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newWiredRig(t, nil)
		r.settings["dedup"] = "off" // what has come is known by its place
		id := r.one()
		remove := r.sim.Inject(simulator.MustFault("reset").At(id))
		r.start()
		r.run(10 * time.Second)
		assert.GreaterOrEqual(t, len(r.delivered), 20)
		isTriedAgain(t, r, id)
		remove()
		r.run(10 * time.Minute)
		r.stop()
		r.requireAllOnce()
	})
}

func TestEightBodiesThatTrickleFreeTheirWorkersAfterAMinuteAndTheOthersGoOn(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"stall", "trickle"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newWiredRig(t, map[string]string{"content_types": "Audit.Exchange"})
				// Long enough to trickle for hours at 100 bytes a second.
				slow := r.sim.AddContent(simulator.AuditExchange, 8, 2000, time.Now().Add(-20*time.Hour), time.Now().Add(-19*time.Hour))
				good := r.sim.AddContent(simulator.AuditExchange, 60, 2, time.Now().Add(-18*time.Hour), time.Now().Add(-3*time.Hour))
				for _, id := range slow {
					r.sim.Inject(simulator.MustFault(name).At(id))
				}
				r.start()
				r.run(55 * time.Second)
				for _, id := range good {
					require.Empty(t, r.fetches(id), "all eight workers wait")
				}
				r.run(15 * time.Second)
				for _, id := range good {
					require.Len(t, r.fetches(id), 1, "all eight are free again")
				}
				r.run(12 * time.Minute)
				for _, id := range slow {
					assert.Greater(t, len(r.fetches(id)), 1, "they come to their turn again")
				}
				r.sim.RemoveFaults()
				r.run(20 * time.Minute)
				r.stop()
				r.requireAllOnce()
			})
		})
	}
}

func TestBodiesThatTrickleTakeNoWorkerFromABacklog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newWiredRig(t, map[string]string{"content_types": "Audit.Exchange"})
		r.sim.Change(func(o *simulator.Options) { o.Latency, o.PageSize = time.Second, 0 })
		slow := r.sim.AddContent(simulator.AuditExchange, 9, 2000, time.Now().Add(-20*time.Hour), time.Now().Add(-19*time.Hour))
		good := r.sim.AddContent(simulator.AuditExchange, 300, 2, time.Now().Add(-18*time.Hour), time.Now().Add(-3*time.Hour))
		for _, id := range slow {
			r.sim.Inject(simulator.MustFault("stall").At(id))
		}
		r.start()
		r.run(5 * time.Minute)
		for _, id := range good {
			require.Len(t, r.fetches(id), 1)
		}
		r.stop()
	})
}

func TestABodyThatIsSlowToStartIsWaitedForUntilTimeoutAndNoLonger(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newWiredRig(t, nil)
		id := r.one()
		slow := simulator.MustFault("slow-start").At(id)
		slow.Times, slow.Action.Delay = 1, simulator.Duration(90*time.Second)
		r.sim.Inject(slow)
		slow.Times, slow.Action.Delay = 0, simulator.Duration(50*time.Second)
		r.sim.Inject(slow)
		r.start()
		r.run(10 * time.Second)
		assert.Len(t, r.delivered, 20, "the others have arrived")
		r.run(65 * time.Second)
		assert.Len(t, r.lines("level=ERROR", "fetch failed", id), 1, "after 60 s: %s", r.log)
		r.run(90 * time.Second)
		r.stop()
		r.requireAllOnce()
		assert.Len(t, r.fetches(id), 1, "the log of the tenant has the answered one only")
	})
}

// TestAPoisonBlob has broken JSON in the middle: the good records go out once, at
// once; the broken text goes out once, when the content is put into quarantine;
// the content is tried with growing waits until it expires, in nobody's way.
func TestAPoisonBlob(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["content_types"] = "Audit.Exchange"
		const poisons = 20
		var ids []string
		for i := range poisons {
			record := func(n int) json.RawMessage {
				return json.RawMessage(fmt.Sprintf(`{"Id":"%d-%d","CreationTime":"2000-01-01T00:00:00","Operation":"o","RecordType":1}`, i, n))
			}
			ids = append(ids, r.sim.AddBlob(simulator.Blob{
				Type: simulator.AuditExchange, Created: time.Now().Add(-20 * time.Hour), Expires: time.Now().Add(24 * time.Hour),
				Records: []json.RawMessage{record(1), record(2), json.RawMessage(`{"Id":"broken","Operation":tru,"x":01}`), record(3), record(4)},
			}))
		}
		r.sim.AddContent(simulator.AuditExchange, 30, 2, time.Now().Add(-10*time.Hour), time.Now())
		r.start()
		r.run(20 * time.Second)
		assert.Len(t, r.delivered, poisons*4+30*2, "the good records, those behind the broken text among them")
		assert.NotContains(t, r.delivered, "", "the broken text waits")
		assert.Empty(t, r.lines("level=WARN", "put into quarantine"))

		r.run(6 * time.Minute)
		assert.Len(t, r.delivered, poisons*4+30*2+poisons, "and has come out")
		assert.Len(t, r.lines("level=WARN", "put into quarantine"), poisons)
		quarantined := len(r.lines("level=WARN", "put into quarantine"))
		assert.Equal(t, poisons, quarantined)

		// What comes later does not wait for them.
		r.sim.AddContent(simulator.AuditExchange, 1, 1, time.Now(), time.Now().Add(time.Second))
		r.run(5*time.Minute + 10*time.Second)
		assert.Len(t, r.delivered, poisons*5+30*2+1)

		r.idle(34 * time.Hour) // one try after their end
		r.stop()
		assert.Len(t, r.delivered, poisons*5+30*2+1, "nothing twice")
		for _, id := range ids {
			between := waits(r.fetches(id))
			assert.Greater(t, len(between), 10)
			for i := range between[1:] {
				assert.GreaterOrEqual(t, between[i+1], min(between[i], 6*time.Hour), "growing waits")
			}
			assert.GreaterOrEqual(t, slices.Max(between), 4*time.Hour)
			assert.Len(t, r.lines("level=WARN", "content is gone", "contentExpiration has passed", id), 1)
		}
	})
}

func TestTheUndecodableTextIsThereToBeRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["content_types"] = "Audit.Exchange"
		r.sim.AddBlob(simulator.Blob{
			Type: simulator.AuditExchange, Created: time.Now().Add(-20 * time.Hour),
			Body: []byte(`[{"Id":"a","CreationTime":"2000-01-01T00:00:00"},{"Id":"broken","Operation":tru}]`),
		})
		r.start()
		var text strings.Builder
		for range 600 {
			if batch := r.c.Next(); batch != nil {
				for _, record := range r.decode(batch) {
					fmt.Fprint(&text, record)
				}
				r.ring = append(r.ring, r.ids(batch))
				r.c.Done()
			}
			r.drain()
			sleep(time.Second)
		}
		r.stop()
		assert.Equal(t, 1, strings.Count(text.String(), `{"Id":"broken","Operation":tru}`))
	})
}

// TestARecordThatGrowsBeyondTheBufferHoldsNobodyUp: encoded, a name of bytes that
// are no UTF-8 stands there three times as long, five times over.
func TestARecordThatGrowsBeyondTheBufferHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["content_types"] = "Audit.Exchange"
		r.settings["vendor_fields"] = "both"
		r.settings["batch_size"], r.settings["buffer_size"], r.settings["max_record_size"] = "200K", "400K", "400K"
		for i := range 10 {
			r.sim.AddBlob(simulator.Blob{Type: simulator.AuditExchange, Created: time.Now().Add(-time.Hour), Body: fmt.Appendf(nil,
				`[{"Id":"wide %d","Operation":"Set-Mailbox","RecordType":1,"UserId":"%s@contoso.example"}]`, i, strings.Repeat("\xff", 390_000))})
		}
		r.start()
		r.run(5 * time.Minute)
		r.stop()
		assert.Len(t, r.delivered, 10)
	})
}
