package e2e_test

import (
	"bufio"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What only the test host can be told to do, and to show.

// counts are what the test host tells of an instance, such as ring, collects
// and batches.
func (r *process) counts(instance string) map[string]int {
	r.t.Helper()
	c, err := (&net.Dialer{}).DialContext(r.t.Context(), "unix", r.control)
	require.NoError(r.t, err)
	defer func() { _ = c.Close() }() // the answer has been read
	_, err = fmt.Fprintln(c, "status")
	require.NoError(r.t, err)
	counts := map[string]int{}
	answer := bufio.NewScanner(c)
	for answer.Scan() && answer.Text() != "ok" {
		if !strings.HasPrefix(answer.Text(), instance+" ") {
			continue
		}
		for field := range strings.FieldsSeq(answer.Text()) {
			key, value, _ := strings.Cut(field, "=")
			counts[key], _ = strconv.Atoi(value)
		}
	}
	require.NoError(r.t, answer.Err())
	return counts
}

func TestNoQueueGrowsInTheRingOfASlowFilter(t *testing.T) {
	t.Parallel()
	tn := newTenant(t)
	tn.small()
	tn.fill(8, 50)
	run := tn.start(standIn(), "--filter-delay", "2000")
	tn.waitFor(1)
	for range 80 {
		assert.LessOrEqual(t, run.counts("office365.0")["ring"], 1)
		<-time.After(100 * time.Millisecond)
	}
	assert.Less(t, lines(tn.output()), tn.offered(), "the filter was not slow")
	tn.kill(run)
	run = tn.start(standIn())
	eventually(t, 30*time.Second, "all records", func() bool { return tn.distinct() == tn.offered() })
	require.Zero(t, run.stop())
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
	run := standIn().start(t, conf(tenants), append(tenants[0].secrets(), tenants[1].secrets()...))
	tenants[0].waitFor(1)
	run.tell("pause 0")
	<-time.After(time.Second)
	first, second := run.counts("office365.0"), run.counts("office365.1")
	<-time.After(3 * time.Second)
	assert.Greater(t, run.counts("office365.0")["collects"], first["collects"], "the paused one goes on being called")
	assert.Equal(t, first["batches"], run.counts("office365.0")["batches"], "and hands over nothing")
	assert.Equal(t, second["collects"], run.counts("office365.1")["collects"], "the other one is not called")
	run.tell("resume 0")
	for _, tn := range tenants {
		tn.waitFor(tn.offered())
	}
	require.Zero(t, run.stop())
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
	run.tell("pause 0")
	require.Zero(t, run.stop())
	run = tn.start(standIn())
	tn.waitFor(tn.offered())
	require.Zero(t, run.stop())
	tn.requireAllOnce()
}
