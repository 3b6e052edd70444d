package collector_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/plugin/internal/collector"
	"office365/plugin/internal/state"
	"office365/tests/simulator"
)

func TestEveryRecordArrivesOnceAndARestartBringsOnlyNews(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.fill(20, 50)
		r.start()
		r.run(time.Minute)
		r.requireAllOnce()
		r.stop()

		r.sim.AddContent(simulator.AuditGeneral, 3, 50, time.Now().Add(-time.Hour), time.Now())
		r.start()
		r.run(time.Minute)
		r.stop()
		r.requireAllOnce()
	})
}

func TestLateContentIsFoundWithinOneInterval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.fill(2, 3)
		r.start()
		r.run(3 * time.Hour)
		seen := len(r.delivered)
		r.sim.AddContent(simulator.AuditExchange, 1, 5, time.Now().Add(-115*time.Minute), time.Now().Add(-114*time.Minute))
		r.run(5*time.Minute + 3*time.Second)
		assert.Len(t, r.delivered, seen+5)
		r.requireAllOnce()
		r.stop()
	})
}

func TestKillAtAnyMomentLosesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["batch_size"] = "64K"
		r.fill(6, 40)
		for range 8 {
			r.start()
			r.run(5 * time.Second)
			// What is in the ring dies with the process. Stop commits what has
			// arrived, which a kill would not: the file is put back.
			saved, err := os.ReadFile(r.settings["db"])
			require.NoError(t, err)
			r.ring = nil
			r.c.Stop()
			require.NoError(t, os.WriteFile(r.settings["db"], saved, 0o600))
		}
		r.start()
		r.run(2 * time.Minute)
		r.stop()
		delivered := map[string]bool{}
		for _, id := range r.delivered {
			delivered[id] = true
		}
		for _, id := range r.sim.Offered() {
			require.True(t, delivered[id], "record %s is missing", id)
		}
	})
}

func TestNothingIsHandedOverDuringAPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["buffer_size"] = "8M"
		r.fill(5, 20)
		r.start()
		r.c.Pause()
		r.run(time.Hour)
		assert.Empty(t, r.delivered)
		r.c.Resume()
		r.run(time.Minute)
		r.stop()
		r.requireAllOnce()
	})
}

func TestWithoutTheCounterEverythingArrivesOnceToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.counted = false
		r.fill(5, 20)
		r.start()
		r.run(time.Minute)
		r.stop()
		r.start()
		r.run(time.Minute)
		r.stop()
		r.requireAllOnce()
	})
}

func TestWithoutDBThePositionLivesInMemory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["db"] = ""
		r.fill(2, 5)
		r.start()
		r.run(time.Minute)
		r.stop()
		r.requireAllOnce()
		r.delivered = nil
		r.start()
		r.run(time.Minute)
		r.stop()
		r.requireAllOnce()
	})
}

func TestWrongSecretIsOneLineAndIsTriedSlowly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["client_secret"] = "not~the.secret"
		r.fill(1, 1)
		r.start()
		r.run(30 * time.Minute)
		assert.Equal(t, 1, strings.Count(r.log.String(), "level=ERROR"), r.log)
		assert.Contains(t, r.log.String(), "AADSTS7000215")
		assert.NotContains(t, r.log.String(), "not~the.secret")
		assert.LessOrEqual(t, len(r.sim.Requests(simulator.RouteToken)), 35)

		r.sim.Change(func(o *simulator.Options) { o.ClientSecret = "not~the.secret" })
		r.run(10 * time.Minute)
		r.stop()
		r.requireAllOnce()
	})
}

func TestThrottledTenantWaitsAndCatchesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(o *simulator.Options) { o.QuotaPerMinute = 60 })
		r.fill(20, 3)
		r.start()
		r.run(time.Hour)
		r.stop()
		r.requireAllOnce()
	})
}

func TestBatchThatFluentBitDropsComesAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.fill(2, 10)
		r.start()
		for r.c.Next() == nil {
			sleep(time.Second)
		}
		r.c.Done() // and the append fails: nothing arrives
		r.run(9 * time.Minute)
		assert.Empty(t, r.delivered)
		r.run(3 * time.Minute)
		r.stop()
		r.requireAllOnce()
		assert.Contains(t, r.log.String(), "dropped a batch")
	})
}

func TestTwoSectionsWithOneFileAreNamed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.start()
		o := r.options()
		o.Instance = "office365.1"
		o.Settings.DB = filepath.Join(filepath.Dir(o.Settings.DB), ".", filepath.Base(o.Settings.DB))
		_, err := collector.New(o)
		require.ErrorContains(t, err, "office365.0 and office365.1")
		r.stop()
		c, err := collector.New(o)
		require.NoError(t, err, "the file is free after Stop")
		c.Stop()
	})
}

func TestFileThatAnotherProcessHoldsIsWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.fill(1, 5)
		other, _, err := state.Open(state.Options{Path: r.settings["db"], Tenant: tenantID, Wait: time.Second, Now: time.Now()})
		require.NoError(t, err)
		r.start()
		r.run(5 * time.Minute)
		assert.Empty(t, r.delivered)
		assert.Contains(t, r.log.String(), r.settings["db"])
		require.NoError(t, other.Close())
		r.run(3 * time.Minute)
		r.stop()
		r.requireAllOnce()
	})
}

func TestPathThatCannotBeWrittenFailsAtStart(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.settings["db"] = filepath.Join(t.TempDir(), "no", "such", "folder.db")
	_, err := collector.New(r.options())
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "db ")
}
