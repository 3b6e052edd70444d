package e2e_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"
	"golang.org/x/sys/unix"
)

// Pages 0 and 1 of a bbolt file are its two meta pages, which transactions
// write in turn, last of all that they write; the one with the higher txid and
// a right checksum is in force (bbolt 1.5, internal/common/meta.go and page.go).
const (
	boltPage     = 4096 // bbolt takes the page size of the machine; that of a file is at metaPageSize
	metaPageSize = 16 + 8
	metaRoot     = 16 // behind the page's header; the checksum covers what is between
	metaPages    = metaRoot + 40
	metaTxid     = metaRoot + 48
	metaChecksum = metaRoot + 56
	metaEnd      = metaRoot + 64
)

// snapshot is the content of a state file at one moment.
type snapshot []byte

func readSnapshot(t *testing.T, path string) snapshot {
	t.Helper()
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(file), 2*boltPage)
	require.EqualValues(t, boltPage, binary.LittleEndian.Uint32(file[metaPageSize:]), "page size")
	return file
}

// meta returns the number of the last transaction that was committed, and how
// many pages of the file it has ever used.
func (s snapshot) meta() (txid, pages uint64) {
	for _, page := range [][]byte{s[:boltPage], s[boltPage:]} {
		sum := fnv.New64a()
		_, _ = sum.Write(page[metaRoot:metaChecksum]) // a hash never fails
		right := sum.Sum64() == binary.LittleEndian.Uint64(page[metaChecksum:metaEnd])
		if found := binary.LittleEndian.Uint64(page[metaTxid:]); right && found > txid {
			txid, pages = found, binary.LittleEndian.Uint64(page[metaPages:])
		}
	}
	return txid, pages
}

func (s snapshot) txid() uint64 {
	txid, _ := s.meta()
	return txid
}

// used is how much of the file has ever been in use; bbolt makes it longer.
func (s snapshot) used() uint64 {
	_, pages := s.meta()
	return pages * boltPage
}

// brokenOff reports whether the transaction after s had begun to write its
// pages when after was taken, and had not got to its meta page.
func (s snapshot) brokenOff(after snapshot) bool {
	return after.txid() == s.txid() && !bytes.Equal(s[2*boltPage:], after[2*boltPage:])
}

// changes tells when a file is written to.
type changes struct {
	t      *testing.T
	notify int // descriptor
}

func watch(t *testing.T, path string) changes {
	t.Helper()
	notify, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	require.NoError(t, err)
	_, err = unix.InotifyAddWatch(notify, path, unix.IN_MODIFY)
	require.NoError(t, err)
	return changes{t, notify}
}

// within waits for a change; false when there is none.
func (c changes) within(limit time.Duration) bool {
	deadline := time.Now().Add(limit)
	for {
		fds := []unix.PollFd{{Fd: int32(c.notify), Events: unix.POLLIN}}
		n, err := unix.Poll(fds, max(0, int(time.Until(deadline).Milliseconds())))
		if !errors.Is(err, unix.EINTR) {
			return n > 0
		}
	}
}

// forget forgets the changes so far.
func (c changes) forget() {
	for n := 1; n > 0; {
		n, _ = unix.Read(c.notify, make([]byte, 4096)) // -1 when there are none
	}
}

func (c changes) close() { assert.NoError(c.t, unix.Close(c.notify)) }

// kill kills a process as soon as it changes the file; false when it does not
// within limit. A commit takes no longer than a sync of the disk. To be in time,
// the thread that waits has one processor together with the process, which runs
// there only when nothing else wants to.
func (c changes) kill(pid int, limit time.Duration) bool {
	changed := make(chan bool)
	go func() {
		runtime.LockOSThread() // it ends with the goroutine
		assert.NoError(c.t, shareProcessor(pid))
		ok := c.within(limit)
		if ok {
			assert.NoError(c.t, unix.Kill(pid, unix.SIGKILL))
		}
		changed <- ok
	}()
	return <-changed
}

// shareProcessor leaves one processor to the calling thread and a process, and
// lets the thread go first.
func shareProcessor(pid int) error {
	var allowed, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		return err
	}
	for cpu := 0; one.Count() == 0; cpu++ {
		if allowed.IsSet(cpu) {
			one.Set(cpu)
		}
	}
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	for _, thread := range threads {
		tid, _ := strconv.Atoi(thread.Name()) // the kernel's
		err = errors.Join(err, unix.SchedSetaffinity(tid, &one), unix.SchedSetAttr(tid, &unix.SchedAttr{Policy: unix.SCHED_IDLE}, 0))
	}
	return errors.Join(err, unix.SchedSetaffinity(0, &one))
}

// TestASnapshotTellsACommitThatBrokeOff checks the proof against bbolt itself.
func TestASnapshotTellsACommitThatBrokeOff(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/bolt.db"
	db, err := bolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	defer func() { _ = db.Close() }() // the test is over
	put := func(value string) {
		require.NoError(t, db.Update(func(tx *bolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte("b"))
			require.NoError(t, err)
			return b.Put([]byte("key"), []byte(value))
		}))
	}
	put("one")
	w := watch(t, path)
	defer w.close()
	before := readSnapshot(t, path)
	assert.False(t, w.within(0))
	put("two")
	assert.True(t, w.within(time.Second))
	w.forget()
	assert.False(t, w.within(0))
	after := readSnapshot(t, path)
	assert.Equal(t, before.txid()+1, after.txid())
	assert.False(t, before.brokenOff(before), "nothing was written")
	assert.False(t, before.brokenOff(after), "it was committed")

	// What a crash before the meta page leaves behind.
	torn := bytes.Clone(after)
	copy(torn, before[:2*boltPage])
	assert.True(t, before.brokenOff(torn))
	// Half a meta page is none.
	half := bytes.Clone(after)
	newest := int(after.txid()%2) * boltPage
	half[newest+metaRoot]++
	assert.True(t, before.brokenOff(half))
}
