package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/program"
)

// What only the test host can be told to do, and to show.

func TestNoQueueGrowsInTheRingOfASlowFilter(t *testing.T) {
	t.Parallel()
	tn := newTenant(t)
	tn.small()
	tn.fill(8, 50)
	run := tn.start(standIn(), "--filter-delay", "2000")
	tn.waitFor(1)
	for range 80 {
		assert.LessOrEqual(t, run.Counts("office365.0")["ring"], 1)
		<-time.After(100 * time.Millisecond)
	}
	assert.Less(t, lines(tn.output()), tn.offered(), "the filter was not slow")
	tn.kill(run)
	run = tn.start(standIn())
	program.Eventually(t, 30*time.Second, "all records", func() bool { return tn.distinct() == tn.offered() })
	require.Zero(t, run.Stop())
	assert.LessOrEqual(t, len(tn.requireAll())-tn.offered(), 2*300, "more than the two batches that a kill may undo")
}

// distinct is how many different records are in the output.
func (tn *tenant) distinct() int {
	tn.t.Helper()
	seen := map[string]bool{}
	for _, r := range readOutput(tn.t, tn.output()) {
		seen[r.id()] = true
	}
	return len(seen)
}

// The first is told to pause, and the second is the one that is not called.
func TestThePauseOfOneInstanceStopsTheLastAndLosesNothing(t *testing.T) {
	t.Parallel()
	tenants := newTenants(t, 2)
	for _, tn := range tenants {
		tn.small()
		tn.fill(5, 50)
	}
	run := standIn().Start(t, conf(tenants), append(tenants[0].secrets(), tenants[1].secrets()...))
	tenants[0].waitFor(1)
	run.Ask("pause 0")
	<-time.After(time.Second)
	first, second := run.Counts("office365.0"), run.Counts("office365.1")
	<-time.After(3 * time.Second)
	assert.Greater(t, run.Counts("office365.0")["collects"], first["collects"], "the paused one goes on being called")
	assert.Equal(t, first["batches"], run.Counts("office365.0")["batches"], "and hands over nothing")
	assert.Equal(t, second["collects"], run.Counts("office365.1")["collects"], "the other one is not called")
	run.Ask("resume 0")
	for _, tn := range tenants {
		tn.waitFor(tn.offered())
	}
	require.Zero(t, run.Stop())
	for _, tn := range tenants {
		tn.requireAllOnce()
	}
}

func TestAStopOfAPausedInstanceOfTheStandInLosesNothing(t *testing.T) {
	t.Parallel()
	tn := newTenant(t)
	tn.small()
	tn.fill(5, 50)
	run := tn.start(standIn())
	tn.waitFor(1)
	run.Ask("pause 0")
	require.Zero(t, run.Stop())
	run = tn.start(standIn())
	tn.waitFor(tn.offered())
	require.Zero(t, run.Stop())
	tn.requireAllOnce()
}
