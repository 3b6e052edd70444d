package collector

import (
	"fmt"
	"path/filepath"
	"syscall"
	"time"
)

// Space is what a file system has, in bytes. The zero value means that it is
// not known.
type Space struct{ Free, Total uint64 }

// A full disk costs records without a word to us: Fluent Bit's counter has
// risen when it finds that a chunk cannot be written (measured on 5.1.1). So a
// batch goes only while there is room for it on the file system of db, where
// its chunks are likely too; storage.path itself is kept from plugins.
const (
	// diskReserve stays free beside the batches: for the commits, and for what
	// else Fluent Bit stores until the next look, half a second later.
	diskReserve = 16_000_000
	// diskReserveShare of a small disk is its reserve, so that 64 MB still do.
	diskReserveShare = 4
	// chunkStep is the step in which Fluent Bit lets a chunk grow: 8 pages
	// (CIO_REALLOC_HINT_MIN, lib/chunkio/include/chunkio/chunkio.h).
	chunkStep = 8 * 4096
	// batchesUnwritten is how many batches of an instance may not be on the disk
	// yet: the one to go, and the one before it, which counts as arrived while
	// the filters still have it.
	batchesUnwritten = 2
)

// needs is how much must be free for a batch to go, when so many instances of
// this process, which all collect in the same instant, may do the same.
func (s Space) needs(batchBytes, instances int) uint64 {
	unwritten := batchesUnwritten * uint64(instances) * (uint64(batchBytes) + chunkStep) //nolint:gosec // both are counts
	return min(diskReserve, s.Total/diskReserveShare) + unwritten
}

// short reports whether less than that is free. What is not known is not short.
func (s Space) short(batchBytes, instances int) bool {
	return s != Space{} && s.Free < s.needs(batchBytes, instances)
}

// freeSpace asks the file system that holds the folder, as df does: what is
// kept for root does not count. It may hang with the disk.
func freeSpace(folder string) (Space, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(folder, &fs); err != nil {
		return Space{}, err
	}
	unit := uint64(max(fs.Frsize, 0))
	if unit == 0 {
		unit = uint64(max(fs.Bsize, 0))
	}
	return Space{Free: fs.Bavail * unit, Total: fs.Blocks * unit}, nil
}

// shortage is a batch that waits for room, for the log.
type shortage struct {
	space  Space
	needed uint64
}

// lookAtDisk tells the outbox how much room there is.
func (c *Collector) lookAtDisk() *shortage {
	if c.settings.DB == "" {
		return nil
	}
	space, err := c.freeSpace(filepath.Dir(c.owned))
	if err != nil && !c.diskUnknown {
		c.diskUnknown = true
		c.log.Warn("how much space is free cannot be told: a full disk goes unnoticed until the position cannot be saved",
			"db", c.settings.DB, "error", err)
	}
	if err != nil {
		space = Space{}
	}
	return c.outbox.setSpace(space, files.count())
}

// shortageEnds is how long there must be room for a shortage to be over: about
// the limit it comes and goes with every batch.
const shortageEnds = 10 * time.Second

// reportDisk logs a shortage: every minute, for the hand-over stands still.
func (c *Collector) reportDisk(s *shortage) {
	now := c.now()
	if s == nil {
		if now.Sub(c.diskShort) >= shortageEnds {
			c.trouble.clear("disk")
		}
		return
	}
	c.diskShort = now
	c.trouble.reportEvery(time.Minute, "disk", "the disk is nearly full: nothing is handed over until there is room",
		"to_do", "free space, or make the disk larger; nothing is lost meanwhile", "folder", filepath.Dir(c.owned), "free", megabytes(s.space.Free), "needed", megabytes(s.needed),
		"size", megabytes(s.space.Total))
}

func megabytes(n uint64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
