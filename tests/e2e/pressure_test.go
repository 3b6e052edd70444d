package e2e_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/program"
)

// small makes the section's batches and buffer small, so that a test reaches
// the limits with few records.
func (tn *tenant) small(pairs ...string) {
	tn.extra = append([]string{"batch_size", "500K", "buffer_size", "1M", "max_record_size", "64K"}, pairs...)
}

func TestAnOutputThatIsDownForLongLosesNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		input  []string
		pauses bool
	}{
		{"memory with a limit", []string{"storage.type", "memory", "Mem_Buf_Limit", "1M"}, true},
		{"filesystem", nil, false},
		{"filesystem that pauses over its limit", []string{"storage.pause_on_chunks_overlimit", "on"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := fluentBit(t)
			tn, lake := newTenant(t), newSink(t)
			tn.small(c.input...)
			tn.fill(10, 50)
			lake.setDown(true)
			run := lake.start(p, tn, "storage.max_chunks_up", "2")
			program.Eventually(t, 30*time.Second, "an outage", func() bool {
				return lake.refusals() >= 4 && (!c.pauses || strings.Contains(run.Log.String(), "paused ("))
			})
			assert.Zero(t, lake.count(tn.name))
			lake.setDown(false)
			lake.waitForAll(tn)
			require.Zero(t, run.Stop())
			lake.requireAllOnce(tn)
			run = lake.start(p, tn)
			<-time.After(3 * time.Second)
			require.Zero(t, run.Stop())
			lake.requireAllOnce(tn)
		})
	}
}

// A batch that is as big as the limit pauses the input until the output has
// taken it, and Fluent Bit drains nothing meanwhile.
func TestASlowOutputThatPausesTheInputAfterEveryBatchHoldsUpNoCommit(t *testing.T) {
	t.Parallel()
	p := fluentBit(t)
	tn, lake := newTenant(t), newSink(t)
	tn.small("storage.type", "memory", "Mem_Buf_Limit", "100K", "status_interval", "1s", "commit_delay", "1s")
	tn.fill(10, 50)
	lake.setDelay(500 * time.Millisecond)
	run := lake.start(p, tn)
	lake.waitForAll(tn)
	pauses := strings.Count(run.Log.String(), "paused (mem buf overlimit")
	assert.GreaterOrEqual(t, pauses, 5)
	// A content leaves the list of those not done when it is committed.
	toFetch := statusNumbers(run.Log.String(), "not done yet")
	falls := 0
	for i := 1; i < len(toFetch); i++ {
		if toFetch[i] < toFetch[i-1] {
			falls++
		}
	}
	assert.GreaterOrEqual(t, falls, 4, "contents not done, second by second: %v", toFetch)
	program.Eventually(t, 10*time.Second, "the last commit", func() bool {
		toFetch := statusNumbers(run.Log.String(), "not done yet")
		return toFetch[len(toFetch)-1] == 0
	})
	tn.kill(run)
	run = lake.start(p, tn)
	<-time.After(3 * time.Second)
	require.Zero(t, run.Stop())
	lake.requireAllOnce(tn)
}

// statusNumbers are the sums, over the content types, of the numbers that stand
// before what in each status line.
func statusNumbers(log, what string) []int {
	var sums []int
	number := regexp.MustCompile(`\b(\d+) ` + what)
	for line := range strings.Lines(log) {
		_, status, found := strings.Cut(line, ": status: ")
		if !found {
			continue
		}
		sum := 0
		for part := range strings.SplitSeq(status, "; ") {
			types, text, _ := strings.Cut(part, ": ") // of which there is the same to say
			if m := number.FindStringSubmatch(text); m != nil {
				n, _ := strconv.Atoi(m[1])
				sum += n * (1 + strings.Count(types, ", "))
			}
		}
		sums = append(sums, sum)
	}
	return sums
}

func TestASlowFilterMakesBackPressureAndNoQueue(t *testing.T) {
	t.Parallel()
	p := fluentBit(t)
	tn, lake := newTenant(t), newSink(t)
	tn.small()
	tn.fill(10, 50)
	script := filepath.Join(tn.dir, "slow.lua")
	require.NoError(t, os.WriteFile(script, []byte(`
local ffi = require("ffi")
ffi.cdef("int usleep(unsigned int);")
function slow(tag, time, record)
    ffi.C.usleep(10000)
    return 0, time, record
end
`), 0o600))
	conf := lake.conf([]*tenant{tn}) + program.Section("FILTER", "Name", "lua", "Match", "*", "script", script, "call", "slow")
	run := p.Start(t, conf, tn.secrets())
	program.Eventually(t, 30*time.Second, "what is sent while the filter works", func() bool { return lake.count(tn.name) > 400 })
	assert.Less(t, lake.count(tn.name), 1500, "Fluent Bit sends only when its filters have nothing left to do")
	tn.kill(run)
	before := lake.count(tn.name)
	run = p.Start(t, conf, tn.secrets())
	program.Eventually(t, 30*time.Second, "more", func() bool { return lake.count(tn.name) > before })
	stop := time.Now()
	require.Zero(t, run.Stop())
	// A batch is 2.7 s in the filter, Fluent Bit's grace is 2 s.
	assert.Less(t, time.Since(stop), 10*time.Second, "a queue in the ring keeps a stop waiting")
	run = lake.start(p, tn)
	lake.waitForAll(tn)
	require.Zero(t, run.Stop())
	missing, again := lake.missing(tn)
	assert.Zero(t, missing)
	assert.LessOrEqual(t, again, 2*300, "more than the two batches that a kill may undo")
}

// Fluent Bit tells the first instance to pause and stops calling the second:
// nothing of that arrives until the first is resumed, though its own output works.
func TestOfTwoInstancesOneOfWhichIsPausedNeitherLosesAnything(t *testing.T) {
	t.Parallel()
	p := fluentBit(t)
	tenants, lake := newTenants(t, 2), newSink(t)
	for _, tn := range tenants {
		tn.small("storage.type", "memory")
		tn.fill(5, 50)
	}
	tenants[0].extra = append(tenants[0].extra, "Mem_Buf_Limit", "600K")
	lake.setDown(true)
	conf := program.Section("SERVICE", "Flush", "0.2", "Grace", "2", "Log_Level", "info", "scheduler.base", "1", "scheduler.cap", "2") +
		tenants[0].input() + tenants[1].input() + lake.output(tenants[0].name) + tenants[1].outputSection()
	run := p.Start(t, conf, append(tenants[0].secrets(), tenants[1].secrets()...))
	waitForLine(t, run, "office365.0 paused (mem buf")
	<-time.After(time.Second) // what the second had handed over is written
	before := lines(tenants[1].output())
	<-time.After(4 * time.Second)
	assert.Less(t, before, tenants[1].offered())
	assert.Equal(t, before, lines(tenants[1].output()), "Fluent Bit called the second: the README says that it does not")
	lake.setDown(false)
	resumed := time.Now()
	lake.waitForAll(tenants[0])
	tenants[1].waitFor(tenants[1].offered())
	t.Log("all of both had arrived", time.Since(resumed), "after the end of the outage")
	require.Zero(t, run.Stop())
	lake.requireAllOnce(tenants[0])
	tenants[1].requireAllOnce()
}

// pausing are the ways to set an input up that Fluent Bit pauses.
var pausing = []struct {
	name     string
	input    []string
	survives bool // what Fluent Bit has stored survives a stop
}{
	{"memory with a limit", []string{"storage.type", "memory", "Mem_Buf_Limit", "600K"}, false},
	{"filesystem that pauses over its limit", []string{"storage.pause_on_chunks_overlimit", "on"}, true},
}

// startPaused starts a program whose input is paused, for the lake is down.
func startPaused(t *testing.T, tn *tenant, lake *sink, input []string) *process {
	t.Helper()
	tn.small(input...)
	tn.fill(6, 50)
	lake.setDown(true)
	run := lake.start(fluentBit(t), tn, "storage.max_chunks_up", "1", "Hot_Reload", "on", "Grace", "8")
	program.Eventually(t, 30*time.Second, "pause", func() bool { return strings.Contains(run.Log.String(), "office365.0 paused (") })
	return run
}

func TestAReloadOfAPausedInputLosesNothing(t *testing.T) {
	t.Parallel()
	for _, c := range pausing {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tn, lake := newTenant(t), newSink(t)
			run := startPaused(t, tn, lake, c.input)
			run.Signal(syscall.SIGHUP)
			<-time.After(2 * time.Second)
			lake.setDown(false)
			lake.waitForAll(tn)
			assert.Equal(t, 2, strings.Count(run.Log.String(), "settings in force"), "it was reloaded")
			require.Zero(t, run.Stop())
			lake.requireAllOnce(tn)
		})
	}
}

func TestAStopOfAPausedInputLosesNothing(t *testing.T) {
	t.Parallel()
	for _, c := range pausing {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tn, lake := newTenant(t), newSink(t)
			run := startPaused(t, tn, lake, c.input)
			run.Signal(syscall.SIGTERM)
			// What is in memory must be sent in the grace period.
			lake.setDown(c.survives)
			require.Zero(t, run.Wait(30*time.Second))
			missing, _ := lake.missing(tn)
			assert.Positive(t, missing, "the test is about what is left")
			lake.setDown(false)
			run = lake.start(fluentBit(t), tn)
			lake.waitForAll(tn)
			require.Zero(t, run.Stop())
			lake.requireAllOnce(tn)
		})
	}
}

// What the plugin keeps during an outage is buffer_size and a batch, 36 MB here.
// Go's garbage takes as much again, and Fluent Bit has the chunks and their JSON:
// 80 to 95 MB were measured, reached in seven seconds and the same after 70.
func TestMemoryStaysWithinTheBufferDuringAnOutage(t *testing.T) {
	t.Parallel()
	p := fluentBit(t)
	idle := newTenant(t)
	run := newSink(t).start(p, idle)
	<-time.After(3 * time.Second)
	before := run.Memory()
	require.Zero(t, run.Stop())

	tn, lake := newTenant(t), newSink(t)
	tn.extra = []string{"storage.type", "memory", "Mem_Buf_Limit", "1M"}
	tn.fill(52, 100)
	lake.setDown(true)
	run = lake.start(p, tn)
	most := int64(0)
	for range 80 {
		<-time.After(100 * time.Millisecond)
		most = max(most, run.Memory())
	}
	t.Logf("RSS: %d MB idle, at most %d MB during the outage, with a backlog of %d records", before/1e6, most/1e6, tn.offered())
	assert.Less(t, most-before, int64(7*(32_000_000+4_000_000)/2), "above an idle one")
	lake.setDown(false)
	lake.waitForAll(tn)
	require.Zero(t, run.Stop())
	lake.requireAllOnce(tn)
}
