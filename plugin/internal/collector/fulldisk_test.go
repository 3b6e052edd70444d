package collector_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/plugin/internal/collector"
)

// roomy is enough for whatever tests beside this one hand over: the instances of
// a process share a disk.
const roomy = 9_000_000_000

const fullLine = "nearly full: nothing is handed over"

// disk is a file system of 10 GB that a test fills.
type disk struct {
	free    atomic.Uint64
	broken  atomic.Bool
	folders atomic.Value // the last one asked about
}

func (d *disk) space(folder string) (collector.Space, error) {
	d.folders.Store(folder)
	if d.broken.Load() {
		return collector.Space{}, errors.New("function not implemented")
	}
	return collector.Space{Free: d.free.Load(), Total: 10_000_000_000}, nil
}

// startOn starts the rig's collector on a disk.
func (r *rig) startOn(d *disk) {
	r.t.Helper()
	o := r.options()
	o.FreeSpace = d.space
	c, err := collector.New(o)
	require.NoError(r.t, err)
	r.c = c
	c.Start()
	r.t.Cleanup(c.Stop)
}

func TestNothingIsHandedOverOnAFullDiskUntilThereIsRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, d := newRig(t, nil), &disk{}
		r.fill(5, 20)
		r.startOn(d)
		r.run(10*time.Minute + 30*time.Second)
		assert.Empty(t, r.delivered)
		assert.Equal(t, filepath.Dir(r.settings["db"]), d.folders.Load())
		assert.InDelta(t, 10, strings.Count(r.log.String(), fullLine), 1, "a line a minute")
		assert.Contains(t, r.log.String(), `free="0.0 MB"`)
		assert.Contains(t, r.log.String(), `size="10000.0 MB"`)
		d.free.Store(roomy)
		r.run(15 * time.Second)
		assert.NotEmpty(t, r.delivered)
		assert.Contains(t, r.log.String(), "works again")
		r.stop()
		r.requireAllOnce()
	})
}

func TestADiskThatFillsUpWhileRunningStopsTheNextBatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, d := newRig(t, nil), &disk{}
		d.free.Store(roomy)
		r.settings["batch_size"] = "64K"
		r.fill(10, 40)
		r.startOn(d)
		r.run(5 * time.Second)
		require.NotEmpty(t, r.delivered)
		d.free.Store(1 << 20)
		r.run(2 * time.Second) // a look, and what was under way
		delivered := len(r.delivered)
		r.run(30 * time.Minute)
		assert.Equal(t, delivered, len(r.delivered)) //nolint:testifylint // Len would print all of them
		d.free.Store(roomy)
		r.run(3 * time.Minute)
		r.stop()
		r.requireAllOnce()
	})
}

func TestABatchThatFindsRoomOnlyNowAndThenIsNoNewsEachTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, d := newRig(t, nil), &disk{}
		r.settings["batch_size"] = "64K"
		r.fill(20, 50)
		r.startOn(d)
		for range 60 {
			d.free.Store(0)
			r.run(3 * time.Second)
			d.free.Store(roomy)
			r.run(2 * time.Second)
		}
		assert.LessOrEqual(t, strings.Count(r.log.String(), fullLine), 6)
		r.run(3 * time.Minute)
		r.stop()
		r.requireAllOnce()
	})
}

// The disk is full to the last byte, and nobody could tell before.
func TestAStateThatCannotBeWrittenStopsTheHandOverUntilItCan(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=8m")
	if errors.Is(err, syscall.EPERM) {
		t.Skip("only root can mount a file system, and this test needs a small one")
	}
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, syscall.Unmount(folder, syscall.MNT_DETACH)) })
	synctest.Test(t, func(t *testing.T) {
		r, d := newRig(t, nil), &disk{}
		d.free.Store(roomy)
		r.settings["db"] = filepath.Join(folder, "o365.db")
		r.settings["batch_size"] = "256K"
		r.fill(40, 100)
		r.startOn(d)
		r.run(5 * time.Second)
		filler := filepath.Join(folder, "filler")
		require.ErrorIs(t, os.WriteFile(filler, make([]byte, 16<<20), 0o600), syscall.ENOSPC)
		r.run(time.Minute) // some commits find room in the file
		delivered := len(r.delivered)
		require.Less(t, delivered, 5*40*100)
		lines := func() int { return strings.Count(r.log.String(), "the position cannot be saved") }
		before := lines()
		r.run(10 * time.Minute)
		assert.Equal(t, delivered, len(r.delivered)) //nolint:testifylint // Len would print all of them
		assert.InDelta(t, 10, lines()-before, 1, "a line a minute")
		require.NoError(t, os.Remove(filler))
		r.run(10 * time.Minute)
		r.stop()
		r.requireAllOnce()
	})
}

func TestWhereFreeSpaceCannotBeToldItIsNotChecked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, d := newRig(t, nil), &disk{}
		d.broken.Store(true)
		r.fill(2, 5)
		r.startOn(d)
		r.run(2 * time.Minute)
		r.stop()
		r.requireAllOnce()
		assert.Equal(t, 1, strings.Count(r.log.String(), "cannot be told"))
	})
}

func TestWithoutDBNoDiskIsAskedAbout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, d := newRig(t, nil), &disk{}
		r.settings["db"] = ""
		r.fill(2, 5)
		r.startOn(d)
		r.run(time.Minute)
		r.stop()
		r.requireAllOnce()
		assert.Nil(t, d.folders.Load())
	})
}
