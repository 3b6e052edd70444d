package e2e_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/program"
	"office365/tests/simulator"
)

var (
	backlogBlobs   = flag.Int("backlog", 10_000, "blobs of the backlog to catch up with, over seven days")
	backlogRecords = flag.Int("backlog-records", 3, "records in each of them")
	backlogGeneral = flag.Int("backlog-general", 20, "percent of them that are Audit.General's, where one record in six is an alert of its own")
	backlogFigures = flag.String("backlog-figures", "", "write what was measured into this `file`, as a benchmark")
)

// What catching up with a week may cost, in bytes.
const (
	mostStateFile = 64 << 20
	mostMemory    = 100 << 20 // above an idle plugin, with a backlog of 1,000,000 records
)

// What it may cost more where so many records are alerts that 10,000 are held,
// all that the plugin may hold: 2 KB each, and what a heap that grows leaves
// unused. It was 25 MB with a million records.
const moreMemory = 35 << 20

// someAlerts is the share of Audit.General, in percent, with which one record in
// 600 is an alert of its own: more than a busy tenant has.
const someAlerts = 1

// week is the stretch that the backlog lies in: what the API offers, less the
// time that the test takes to begin.
const week = 7*24*time.Hour - 30*time.Minute

// TestAWeeksBacklogIsCaughtUpOldestFirstInLittleMemory starts at a tenant with
// blobs all over the last week, with all settings at their defaults but the
// quota. `make backlog` runs it with 100,000 blobs and 1,000,000 records.
func TestAWeeksBacklogIsCaughtUpOldestFirstInLittleMemory(t *testing.T) {
	idle := idleMemory(t)
	tn := newBacklog(t)
	begin := time.Now()
	run := tn.start(standIn())
	peaks := run.WatchMemory()
	b := &backlog{tn: tn, run: run, offered: tn.offered()}
	program.Eventually(t, time.Hour, "the end of the backlog", b.watch)
	took := time.Since(begin)
	memory := peaks()
	require.Zero(t, run.Stop())
	info, err := os.Stat(tn.db())
	require.NoError(t, err)

	requests := len(tn.sim.Requests())
	above, own := memory.Resident-idle.Resident, memory.Own-idle.Own
	t.Logf("%d blobs with %d records in %v: %.0f records/s, %.0f requests/s, %d status lines; "+
		"state file at most %d KB; memory above an idle plugin of %d KB: at most %d KB, its own %d KB",
		*backlogBlobs, b.offered, took.Round(time.Second), float64(b.offered)/took.Seconds(), float64(requests)/took.Seconds(),
		b.lines, info.Size()>>10, idle.Resident>>10, above>>10, own>>10)
	most := int64(mostMemory)
	if *backlogGeneral > someAlerts {
		most += moreMemory
	}
	assert.LessOrEqual(t, info.Size(), int64(mostStateFile), "bytes of the state file, which never shrinks")
	assert.LessOrEqual(t, above, most, "bytes of memory above an idle plugin")
	writeFigures(t, took, above, own)
	requireEachOnce(t, tn)
}

// writeFigures writes what was measured in the format of benchmarks, for the
// summary of make bench.
func writeFigures(t *testing.T, took time.Duration, above, own int64) {
	t.Helper()
	if *backlogFigures == "" {
		return
	}
	line := fmt.Sprintf("BenchmarkBacklog 1 %d ns/op %.1f above-idle-MB %.1f above-idle-own-MB\n",
		took.Nanoseconds(), float64(above)/(1<<20), float64(own)/(1<<20))
	require.NoError(t, os.WriteFile(*backlogFigures, []byte(line), 0o600))
}

func newBacklog(t *testing.T) *tenant {
	t.Helper()
	tn := newTenant(t)
	tn.extra = []string{"start_from", "earliest", "status_interval", "1s", "requests_per_minute", "1000000"}
	general := *backlogBlobs * *backlogGeneral / 100
	for _, ct := range simulator.ContentTypes() {
		blobs := (*backlogBlobs - general) / (len(simulator.ContentTypes()) - 1)
		if ct == simulator.AuditGeneral {
			blobs = general
		}
		tn.sim.AddContent(ct, blobs, *backlogRecords, time.Now().Add(-week), time.Now().Add(-time.Minute))
	}
	tn.sim.Change(func(o *simulator.Options) { o.PageSize = 200 })
	return tn
}

// idleMemory is that of a plugin that watches a tenant without content.
func idleMemory(t *testing.T) program.Peaks {
	t.Helper()
	tn := newTenant(t)
	tn.extra = []string{"start_from", "earliest", "status_interval", "1s"}
	run := tn.start(standIn())
	peaks := run.WatchMemory()
	program.Eventually(t, time.Minute, "listings of all types", func() bool {
		return len(tn.sim.Requests(simulator.RouteContentList)) >= 8*len(simulator.ContentTypes())
	})
	memory := peaks()
	require.Zero(t, run.Stop())
	return memory
}

// backlog follows a process that catches up.
type backlog struct {
	tn      *tenant
	run     *process
	offered int

	read    int64 // of the output
	arrived int   // records in it
	logged  int   // bytes of the log that have been looked at
	lines   int   // status lines
	back    map[string]time.Duration
}

// catchingUp is what a status line says of content types that are behind.
var catchingUp = regexp.MustCompile(`catching up from (\S+) back`)

// watch looks at what is new in the output and in the log; true at the end.
func (b *backlog) watch() bool {
	b.count()
	text := b.run.Log.String()[b.logged:]
	end := bytes.LastIndexByte([]byte(text), '\n') + 1
	b.logged += end
	for line := range bytes.Lines([]byte(text[:end])) {
		if _, status, found := strings.Cut(string(line), ": status: "); found {
			b.lines++
			b.status(status)
		}
	}
	for _, back := range b.back {
		if back > 0 {
			return false
		}
	}
	return b.arrived >= b.offered
}

// count counts the lines that the output has grown by.
func (b *backlog) count() {
	f, err := os.Open(b.tn.output())
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	require.NoError(b.tn.t, err)
	defer func() { _ = f.Close() }() // only read
	buf := make([]byte, 1<<20)
	for {
		n, err := f.ReadAt(buf, b.read)
		b.read += int64(n)
		b.arrived += bytes.Count(buf[:n], []byte("\n"))
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(b.tn.t, err)
	}
}

// inTheOpen is how many records may have arrived and not moved the watermark:
// those of three batches of 4 MB, for a batch is committed when the one after it
// has arrived.
const inTheOpen = 3 * (4 << 20) / 1000

// status checks that no watermark falls back, and that the one that is farthest
// back is about as far as the records are.
func (b *backlog) status(line string) {
	t := b.tn.t
	if b.back == nil {
		b.back = map[string]time.Duration{}
	}
	var farthest time.Duration
	for part := range strings.SplitSeq(line, "; ") {
		types, text, _ := strings.Cut(part, ": ")
		var back time.Duration // of one that has caught up
		if found := catchingUp.FindStringSubmatch(text); found != nil {
			var err error
			back, err = time.ParseDuration(found[1])
			require.NoError(t, err)
		}
		for ct := range strings.SplitSeq(types, ", ") {
			if before, known := b.back[ct]; known {
				require.LessOrEqual(t, back, before+10*time.Second, "the watermark of %s falls back", ct)
			}
			b.back[ct] = back
		}
		farthest = max(farthest, back)
	}
	watermark := 1 - farthest.Hours()/week.Hours()
	least := float64(b.arrived-inTheOpen)/float64(b.offered) - 0.05
	require.GreaterOrEqual(t, watermark, least, "%d of %d records have arrived, and the watermark is %v back",
		b.arrived, b.offered, farthest)
}

// requireEachOnce is requireAllOnce for an output that is too large to be held
// in memory.
func requireEachOnce(t *testing.T, tn *tenant) {
	t.Helper()
	f, err := os.Open(tn.output())
	require.NoError(t, err)
	defer func() { _ = f.Close() }() // only read
	seen := map[string]bool{}
	reader := bufio.NewReader(f)
	for {
		line, err := reader.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		var fields map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(line, &fields))
		if fields["alert_uid"] != nil {
			continue // a merged alert, with the Id of its trigger
		}
		id, err := strconv.Unquote(string(fields["Id"]))
		require.NoError(t, err)
		require.False(t, seen[id], "record %s came twice", id)
		seen[id] = true
	}
	offered := tn.sim.Offered()
	require.Len(t, seen, len(offered))
	for _, id := range offered {
		require.True(t, seen[id], "record %s is missing", id)
	}
}
