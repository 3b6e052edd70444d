package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"office365/plugin/internal/ledger"
)

const commitDelay = 5 * time.Second

func counted(n uint64) ledger.Arrivals { return ledger.Arrivals{Records: n, OK: true} }

// wait ticks every half second, as commit does, from one second to another.
func wait(h *ledger.Handover, counter ledger.Arrivals, from, to int) {
	for t := at(from); !t.After(at(to)); t = t.Add(time.Second / 2) {
		h.Tick(counter, t)
	}
}

func TestOneBatchIsUnderWayAtATime(t *testing.T) {
	t.Parallel()
	h := ledger.NewHandover(commitDelay, at(0))
	require.True(t, h.Free())
	h.Give(1, 10, counted(100), at(0))
	h.Tick(counted(109), at(1))
	assert.False(t, h.Free(), "nine of ten have arrived")
	h.Tick(counted(110), at(2))
	assert.True(t, h.Free())
	assert.True(t, h.Arrived(1))
	assert.Empty(t, h.Commits(at(2)))
}

func TestBatchIsCommittedWhenTheNextHasArrived(t *testing.T) {
	t.Parallel()
	h := ledger.NewHandover(commitDelay, at(0))
	h.Give(1, 10, counted(0), at(0))
	h.Tick(counted(10), at(1))
	h.Give(2, 5, counted(10), at(1))
	wait(h, counted(10), 1, 60)
	assert.Empty(t, h.Commits(at(60)), "a slow filter holds the first batch, however long")
	h.Tick(counted(15), at(61))
	assert.Equal(t, []uint64{1}, h.Commits(at(61)))
	wait(h, counted(15), 61, 120)
	assert.Empty(t, h.Commits(at(120)), "the filter may hold the second as long")
	h.Tick(counted(15), at(121))
	assert.Equal(t, []uint64{2}, h.Commits(at(121)))
}

func TestTheLastBatchIsCommittedAfterItsDelay(t *testing.T) {
	t.Parallel()
	h := ledger.NewHandover(commitDelay, at(0))
	h.Give(1, 10, counted(0), at(0))
	h.Tick(counted(10), at(1))
	assert.Empty(t, h.Commits(at(5)))
	assert.Equal(t, []uint64{1}, h.Commits(at(6)), "commit_delay after its arrival, for none follows")
}

func TestAfterABatchThatWaitedForTheFiltersTheNextGivesThemTime(t *testing.T) {
	t.Parallel()
	h := ledger.NewHandover(commitDelay, at(0))
	h.Give(1, 10, counted(0), at(0))
	h.Tick(counted(10), at(1))
	require.True(t, h.Free())
	h.Give(2, 10, counted(10), at(1))
	h.Tick(counted(20), at(8)) // the filters had the first for seven seconds
	assert.False(t, h.Free())
	h.Tick(counted(20), at(14))
	assert.False(t, h.Free())
	assert.Equal(t, []uint64{1}, h.Commits(at(14)), "the second may be in the filters still")
	h.Tick(counted(20), at(15))
	assert.True(t, h.Free())
	h.Give(3, 10, counted(20), at(15))
	h.Tick(counted(30), at(16)) // did not wait
	assert.True(t, h.Free())
}

func TestABatchThatWaitedForTheEndOfAPauseIsNoSlowFilter(t *testing.T) {
	t.Parallel()
	h := ledger.NewHandover(commitDelay, at(0))
	h.Give(1, 10, counted(0), at(0))
	h.SetPaused(true, at(0))
	h.SetPaused(false, at(3600))
	h.Tick(counted(10), at(3601))
	assert.True(t, h.Free())
}

func TestAStallOfFluentBitCostsAMinuteAtMost(t *testing.T) {
	t.Parallel()
	h := ledger.NewHandover(commitDelay, at(0))
	h.Give(1, 10, counted(0), at(0))
	h.Tick(counted(10), at(1))
	h.Give(2, 10, counted(10), at(3600))
	h.Tick(counted(20), at(3602))
	assert.False(t, h.Free())
	h.Tick(counted(20), at(3662))
	assert.True(t, h.Free())
}

func TestCommitsGoOnDuringAPause(t *testing.T) {
	t.Parallel()
	h := ledger.NewHandover(commitDelay, at(0))
	h.Give(1, 10, counted(0), at(0))
	h.Tick(counted(10), at(1))
	h.SetPaused(true, at(1))
	assert.False(t, h.Free())
	assert.Equal(t, []uint64{1}, h.Commits(at(6)))
}

func TestWithoutCounterCommitGoesByUnpausedTime(t *testing.T) {
	t.Parallel()
	h := ledger.NewHandover(commitDelay, at(0))
	h.Give(1, 10, ledger.Arrivals{}, at(0))
	assert.True(t, h.Free(), "the next goes at the next tick")
	h.SetPaused(true, at(3))
	h.Tick(ledger.Arrivals{}, at(3600))
	assert.Empty(t, h.Commits(at(3600)), "the ring is not drained during a pause")
	h.SetPaused(false, at(3600))
	h.Tick(ledger.Arrivals{}, at(3602))
	assert.Equal(t, []uint64{1}, h.Commits(at(3602)))
}

func TestBatchThatDoesNotArriveIsLostAfterTenUnpausedMinutes(t *testing.T) {
	t.Parallel()
	h := ledger.NewHandover(commitDelay, at(0))
	h.Give(7, 10, counted(0), at(0))
	h.SetPaused(true, at(10))
	h.SetPaused(false, at(5000))
	wait(h, counted(0), 5000, 5500)
	_, lost := h.Lost()
	assert.False(t, lost, "it has been under way for 510 unpaused seconds")
	wait(h, counted(0), 5500, 5590)
	seq, lost := h.Lost()
	assert.True(t, lost)
	assert.Equal(t, uint64(7), seq)
	assert.True(t, h.Free())
}

func TestAtExitWhatHasArrivedIsCommitted(t *testing.T) {
	t.Parallel()
	h := ledger.NewHandover(commitDelay, at(0))
	h.Give(1, 10, counted(0), at(0))
	h.Tick(counted(10), at(1))
	h.Give(2, 10, counted(10), at(1))
	assert.Equal(t, []uint64{1}, h.ExitCommits())

	blind := ledger.NewHandover(commitDelay, at(0))
	blind.Give(1, 10, ledger.Arrivals{}, at(0))
	blind.Give(2, 10, ledger.Arrivals{}, at(2))
	blind.Tick(ledger.Arrivals{}, at(2))
	assert.Equal(t, []uint64{1}, blind.ExitCommits(), "the second was handed over less than a second ago")
}

func TestCounterThatFallsBackIsCountedAnew(t *testing.T) {
	t.Parallel()
	h := ledger.NewHandover(commitDelay, at(0))
	h.Give(1, 10, counted(1000), at(0))
	h.Tick(counted(0), at(1))
	assert.False(t, h.Free())
	h.Tick(counted(10), at(2))
	assert.True(t, h.Free())
}

func TestCounterThatCannotBeReadAnyMoreLeavesItToTime(t *testing.T) {
	t.Parallel()
	h := ledger.NewHandover(commitDelay, at(0))
	h.Give(1, 10, counted(0), at(0))
	h.Tick(ledger.Arrivals{}, at(1))
	assert.True(t, h.Free())
	assert.False(t, h.Counted())
	h.Tick(ledger.Arrivals{}, at(5))
	assert.Equal(t, []uint64{1}, h.Commits(at(5)))
}

// TestNothingIsCommittedBeforeItArrived drives the protocol against a ring that
// is drained at random, with pauses, drops and both kinds of host.
func TestNothingIsCommittedBeforeItArrived(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := ledger.NewHandover(commitDelay, at(0))
		var counter uint64
		ring := []uint64{} // handed over, not drained
		records := map[uint64]uint64{}
		arrived := map[uint64]bool{}
		var committed []uint64
		next, now := uint64(1), 0
		for range rapid.IntRange(0, 200).Draw(t, "steps") {
			now += rapid.IntRange(0, 4).Draw(t, "seconds")
			h.Tick(counted(counter), at(now))
			switch rapid.SampledFrom([]string{"give", "drain", "drain", "drop", "pause", "resume"}).Draw(t, "step") {
			case "give":
				if h.Free() {
					require.Empty(t, ring, "two batches under way")
					n := rapid.Uint64Range(1, 5).Draw(t, "records")
					records[next] = n
					h.Give(next, int(n), counted(counter), at(now))
					ring = append(ring, next)
					next++
				}
			case "drain":
				if len(ring) > 0 && !h.Paused() {
					counter += records[ring[0]]
					arrived[ring[0]] = true
					ring = ring[1:]
				}
			case "drop":
				ring = nil
			case "pause":
				h.SetPaused(true, at(now))
			case "resume":
				h.SetPaused(false, at(now))
			}
			for _, seq := range h.Commits(at(now)) {
				require.True(t, arrived[seq], "batch %d was committed and had not arrived", seq)
				committed = append(committed, seq)
			}
			if seq, lost := h.Lost(); lost {
				require.False(t, arrived[seq])
				ring = nil
			}
		}
		require.IsIncreasing(t, append([]uint64{0}, committed...))
	})
}

func TestTimeInWhichTheProcessIsFrozenDoesNotCount(t *testing.T) {
	t.Parallel()
	for _, counter := range []ledger.Arrivals{counted(0), {}} {
		h := ledger.NewHandover(time.Minute, at(0))
		h.Give(1, 10, counter, at(0))
		h.Tick(counter, at(1))
		h.Tick(counter, at(3601)) // the first look after an hour
		_, lost := h.Lost()
		assert.False(t, lost)
		assert.Empty(t, h.Commits(at(3601)))
	}
}
