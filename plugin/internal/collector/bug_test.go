package collector_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/normalize"
	"office365/plugin/internal/ledger"
	"office365/tests/simulator"
)

// known lets a content become known and not be fetched: contents answer 503.
func (r *rig) known() (remove func()) {
	r.settings["content_types"] = "Audit.Exchange"
	r.sim.AddBlob(simulator.Blob{Type: simulator.AuditExchange, Created: time.Now().Add(-time.Hour), Generate: 6})
	remove = r.sim.Inject(simulator.MustFault("503"))
	r.start()
	r.run(5 * time.Second)
	require.Len(r.t, r.c.Known(normalize.AuditExchange), 1)
	return remove
}

func TestAPanicInPackCostsOneMoreFetch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		remove := r.known()
		r.c.PanicInPack(normalize.AuditExchange, r.c.Known(normalize.AuditExchange)[0])
		synctest.Wait()
		assert.Len(t, r.lines("level=ERROR", "a bug: please report it", "content_type=Audit.Exchange"), 1, r.log)
		assert.Len(t, r.c.Known(normalize.AuditExchange), 1, "the content is not done")
		remove()
		r.run(5 * time.Minute)
		r.stop()
		r.requireAllOnce()
	})
}

func TestAPanicInNormalizeCostsOneRecordItsForm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		remove := r.known()
		remove()
		r.c.PanicInNormalize(t.Context(), normalize.AuditExchange, r.c.Known(normalize.AuditExchange)[0])
		var batch []byte
		for batch == nil {
			sleep(time.Second)
			batch = r.c.Next()
		}
		records := r.decode(batch)
		require.Len(t, records, 6, "each of the six is there")
		odd := 0
		for _, record := range records {
			if _, ok := record["Id"]; !ok {
				odd++
				assert.Contains(t, fmt.Sprint(record), "a bug of the plugin")
			}
		}
		assert.Equal(t, 1, odd)
		assert.Len(t, r.lines("level=ERROR", "a bug: please report it", "position=0"), 1, r.log)
		r.ring = append(r.ring, r.ids(batch))
		r.c.Done()
		r.run(5 * time.Minute)
		r.stop()
	})
}

func TestAPanicInAWorkerCostsAnAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		remove := r.known()
		remove()
		r.c.PanicInWorker(t.Context(), normalize.AuditExchange, r.c.Known(normalize.AuditExchange)[0])
		assert.Len(t, r.lines("level=ERROR", "a bug: please report it", "content_id="), 1, r.log)
		assert.Equal(t, ledger.FaultOwn, r.c.Known(normalize.AuditExchange)[0].Fault, "it counts as one of the content's own")
		r.run(5 * time.Minute)
		r.stop()
		r.requireAllOnce()
	})
}

func TestAGoroutineThatPanicsBeginsAgainAfterTenSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.start()
		runs := r.c.Panic(2)
		r.run(25 * time.Second)
		assert.EqualValues(t, 3, runs.Load())
		assert.Len(t, r.lines("level=ERROR", "a bug: please report it", "goroutine=panicking", "made by a test"), 2)
		r.stop()
	})
}

// TestAPanicInPackGivesTheBufferBack: what a chunk has taken of it and pack has
// not packed is free again.
func TestAPanicInPackGivesTheBufferBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["buffer_size"], r.settings["batch_size"], r.settings["max_record_size"] = "400K", "200K", "200K"
		remove := r.known()
		for range 5 {
			r.c.PanicInPack(normalize.AuditExchange, r.c.Known(normalize.AuditExchange)[0])
			synctest.Wait()
		}
		remove()
		r.run(10 * time.Minute)
		r.stop()
		r.requireAllOnce()
	})
}

// TestAPanicInTheMergeCostsNoOriginal lets the merge panic at every alert.
func TestAPanicInTheMergeCostsNoOriginal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, f := newAlertRig(t), family{"a-1"}
		r.start()
		r.run(time.Minute)
		synctest.Wait()
		r.c.BreakMerge()
		r.offer(f.trigger("t-1"), f.entity("e-1", "alice@contoso.example"))
		r.offer(f.record("o-1", "Set-Mailbox", ""))
		r.run(3 * time.Minute)
		r.stop()
		assert.ElementsMatch(t, []string{"t-1", "e-1", "o-1"}, r.delivered)
		assert.Len(t, r.lines("level=ERROR", "a bug: please report it", "alert_uid="), 2, r.log)
	})
}

func TestAPanicInAnAlertCostsThatAlertUntilTheRestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, f, g := newAlertRig(t), family{"a-1"}, family{"a-2"}
		r.start()
		r.run(time.Minute)
		synctest.Wait()
		r.c.BreakAlert()
		r.offer(f.trigger("t-1"), f.entity("e-1", "alice@contoso.example"), g.trigger("t-2"), g.entity("e-2", "bob@contoso.example"))
		r.run(3 * time.Minute)
		r.stop()
		assert.ElementsMatch(t, []string{"t-1", "e-1", "t-2", "e-2"}, r.delivered)
		assert.Equal(t, []string{"a-2 0 [bob@contoso.example]"}, r.seenAlerts())
		r.start()
		r.run(3 * time.Minute)
		r.stop()
		assert.Equal(t, []string{"a-2 0 [bob@contoso.example]", "a-1 0 [alice@contoso.example]"}, r.seenAlerts())
	})
}
