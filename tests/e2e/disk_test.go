package e2e_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/program"
	"office365/tests/simulator"
)

// What the plugin says while it hands nothing over.
const diskFull = "the disk is nearly full: nothing is handed over until there is room"

// smallDisk is a file system of so many bytes, in memory.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	dir := t.TempDir()
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size))
	if errors.Is(err, syscall.EPERM) {
		t.Skip("only root can mount a file system, and this test needs a small one")
	}
	require.NoError(t, err)
	t.Cleanup(func() {
		// Lazily: a program that this test has killed may still be ending.
		assert.NoError(t, syscall.Unmount(dir, syscall.MNT_DETACH))
	})
	return dir
}

// fillDisk leaves no byte free, and returns what undoes that.
func fillDisk(t *testing.T, dir string) (undo func()) {
	t.Helper()
	path := filepath.Join(dir, "filler")
	f, err := os.Create(path)
	require.NoError(t, err)
	block := make([]byte, 64<<10)
	for err == nil {
		_, err = f.Write(block)
	}
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.NoError(t, f.Close())
	return func() { require.NoError(t, os.Remove(path)) }
}

// waitForLine waits until the program has printed text.
func waitForLine(t *testing.T, run *process, text string) {
	t.Helper()
	program.Eventually(t, 40*time.Second, text, func() bool { return strings.Contains(run.Log.String(), text) })
}

// The lake is down until the chunks have filled the disk. Fluent Bit loses what
// it cannot write, and tells nobody but its log.
func TestADiskFullOfChunksLosesNothing(t *testing.T) {
	t.Parallel()
	p := fluentBit(t)
	tn, lake := newTenant(t), newSink(t)
	tn.dir = smallDisk(t, 24<<20) // db and storage.path
	tn.extra = []string{"batch_size", "2M", "buffer_size", "8M", "max_record_size", "1M"}
	tn.fill(30, 100)
	lake.setDown(true)
	run := lake.start(p, tn)
	waitForLine(t, run, diskFull)
	<-time.After(3 * time.Second)
	assert.Zero(t, lake.count(tn.name))
	lake.setDown(false)
	lake.waitForAll(tn)
	require.Zero(t, run.Stop())
	lake.requireAllOnce(tn)
	assert.NotContains(t, run.Log.String(), "error writing data")
	assert.NotContains(t, run.Log.String(), "cannot be saved")
}

// Not a byte is free when Fluent Bit is killed, nor when it is started again.
func TestKilledOnAFullDiskAndStartedAgainLosesNothing(t *testing.T) {
	t.Parallel()
	p := fluentBit(t)
	tn, lake := newTenant(t), newSink(t)
	tn.dir = smallDisk(t, 24<<20)
	tn.extra = []string{"batch_size", "2M", "buffer_size", "8M", "max_record_size", "1M"}
	tn.fill(30, 100)
	lake.setDown(true)
	run := lake.start(p, tn)
	waitForLine(t, run, diskFull)
	<-time.After(2 * time.Second) // what was under way is on the disk
	makeRoom := fillDisk(t, tn.dir)
	<-time.After(2 * time.Second)
	tn.kill(run)
	again := lake.start(p, tn)
	<-time.After(4 * time.Second)
	makeRoom()
	lake.setDown(false)
	lake.waitForAll(tn)
	require.Zero(t, again.Stop())
	missing, twice := lake.missing(tn)
	assert.Zero(t, missing)
	assert.LessOrEqual(t, twice, 2*1200, "more than the two batches that a kill may undo")
	t.Log("twice", twice)
	assert.NotContains(t, run.Log.String()+again.Log.String(), "error writing data")
}

func TestAFullDiskUnderTheStateStopsTheHandOverUntilThereIsRoom(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, p program.Program) {
		tn := newTenant(t)
		disk := smallDisk(t, 24<<20)
		tn.extra = []string{"db", filepath.Join(disk, "state.db"), "interval", "2s"}
		tn.fill(2, 10)
		run := tn.start(p)
		tn.waitFor(tn.offered())
		makeRoom := fillDisk(t, disk)
		before := lines(tn.output())
		tn.sim.AddContent(simulator.AuditExchange, 20, 100, time.Now().Add(-time.Hour), time.Now().Add(-time.Minute))
		waitForLine(t, run, "the position cannot be saved; collection waits until it can")
		<-time.After(3 * time.Second)
		assert.Equal(t, before, lines(tn.output()), "something was handed over")
		makeRoom()
		tn.waitFor(tn.offered())
		require.Zero(t, run.Stop())
		tn.requireAllOnce()
	})
}

// Fluent Bit must start: it is the one that can send away what fills the disk.
func TestADiskThatIsFullAtTheStartIsWaitedFor(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, p program.Program) {
		tn := newTenant(t)
		disk := smallDisk(t, 4<<20)
		tn.extra = []string{"db", filepath.Join(disk, "state.db"), "start_from", "2h"}
		tn.sim.AddContent(simulator.AuditExchange, 3, 10, time.Now().Add(-time.Hour), time.Now().Add(-time.Minute))
		makeRoom := fillDisk(t, disk)
		run := tn.start(p)
		waitForLine(t, run, "state file cannot be opened: nothing is collected until it can")
		<-time.After(2 * time.Second)
		makeRoom()
		tn.waitFor(tn.offered())
		require.Zero(t, run.Stop())
		tn.requireAllOnce()
		assert.NotContains(t, run.Log.String(), "damaged")
	})
}
