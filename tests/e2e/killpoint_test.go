package e2e_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"office365/tests/program"
	"office365/tests/simulator"
)

// window is a stretch of a batch's way, or of the plugin's work, in which a kill
// comes.
type window string

// The windows. The first four are moments of the test host (tests/host/death.h),
// which ends itself there.
const (
	beforeHandover window = "before-handover"
	afterHandover  window = "after-handover"
	underFilter    window = "under-filter"
	afterArrival   window = "after-arrival"
	duringCommit   window = "during-commit"
	duringListing  window = "during-listing"
	underPause     window = "under-pause"

	anyMoment window = "any-moment" // not aimed
)

var windows = []window{beforeHandover, afterHandover, underFilter, afterArrival, duringCommit, duringListing, underPause}

// atBatch are the windows that the test host ends itself in.
var atBatch = windows[:4]

// aim kills the plugin in a window.
func (s *schedule) aim(w window) {
	s.note("aim at %s", w)
	if s.paused {
		s.resume()
	}
	switch w {
	case duringCommit:
		s.killInCommit()
	case duringListing:
		s.killInListing()
	case underPause:
		s.killUnderPause()
	default:
		s.killAtBatch(w)
	}
}

// Limits for a kill to come: first under the faults that happen to be in force,
// which may keep everything back, then without them.
const (
	withFaults    = 8 * time.Second
	withoutFaults = 90 * time.Second
)

// strike prepares a kill and waits until it has come.
func (s *schedule) strike(w window, prepare func()) {
	s.news()
	prepare()
	if !s.run.Ends(withFaults) {
		s.sim.RemoveFaults()
		s.killNow()
		s.news()
		prepare()
		require.True(s.t, s.run.Ends(withoutFaults), "the kill in the window %s does not come", w)
	}
	s.crashed(w)
}

// requireHit checks in the journal that a kill came in its window.
func (s *schedule) requireHit(w window) {
	log := readJournal(s.t, s.run.Journal)
	switch {
	case slices.Contains(atBatch, w):
		last := log[len(log)-1]
		require.Equal(s.t, "died "+string(w), last.name+" "+last.moment)
		s.run.KilledAt = last.at
	case w == underPause:
		paused := false
		for _, e := range log {
			paused = e.name == "paused" || (paused && e.name != "resumed")
		}
		require.True(s.t, paused)
	}
}

// news is content that is listed at once. It takes nothing from s.rand, for
// what happens between two kills depends on the machine.
func (s *schedule) news() {
	for i, ct := range simulator.ContentTypes() {
		s.sim.AddBlob(simulator.Blob{Type: ct, Created: time.Now().Add(-time.Duration(10+i) * time.Second), Generate: 6})
	}
}

// killAtBatch has the host end itself at a moment in the life of a batch.
func (s *schedule) killAtBatch(w window) {
	filter := s.filterDelay()
	s.strike(w, func() {
		if w == underFilter {
			s.tell(filter)
		}
		s.tell(fmt.Sprintf("die %s 1", w))
	})
}

// killInListing kills while the tenant works on the answer to a listing.
func (s *schedule) killInListing() {
	nth := 1 + s.rand.IntN(4)
	s.strike(duringListing, func() {
		run := s.run
		s.sim.Inject(simulator.Fault{
			Name: "kill", Route: simulator.RouteContentList, From: nth, Times: 1,
			Action: simulator.Action{Change: func(body []byte) []byte {
				run.Crash()
				return body
			}},
		})
	})
	s.sim.RemoveFaults("kill")
}

// killUnderPause kills an input that is paused with batches on their way.
func (s *schedule) killUnderPause() {
	s.news()
	s.pass(3 * time.Second)
	before := s.events("paused")
	s.pause()
	s.awaitEvent("paused", before)
	s.pass(1500 * time.Millisecond)
	s.run.Kill()
	s.crashed(underPause)
}

// Limits of killInCommit.
const (
	commitTries = 3
	quiet       = time.Second // without news, so that the next commit is that of a batch
)

// killInCommit kills when the commit of a batch begins to write, until one of
// the kills has demonstrably come before the end of that commit.
func (s *schedule) killInCommit() {
	s.sim.RemoveFaults()
	s.restart()
	s.tell("filter-delay 0")
	for range commitTries {
		s.news()
		s.quietly(s.restart)
		before := s.killAtWrite()
		after := readSnapshot(s.t, s.db())
		s.note("  transactions before and after: %d, %d", before.txid(), after.txid())
		if before.brokenOff(after) {
			s.crashed(duringCommit)
			return
		}
		s.crashed(anyMoment)
	}
}

// quietly does something that starts the host, which then lists only once.
func (s *schedule) quietly(start func()) {
	usual := s.extra
	s.extra = append(slices.Clone(usual), "interval", "10m")
	start()
	s.extra = usual
}

// killAtWrite waits until a batch has arrived and nothing else is under way, and
// kills when the batch's commit begins to write. It returns the state file as it
// was before.
func (s *schedule) killAtWrite() snapshot {
	db := watch(s.t, s.db())
	defer db.close()
	arrived := program.HoldsWithin(withoutFaults, func() bool {
		log := readJournal(s.t, s.run.Journal)
		return len(log) > 0 && log[len(log)-1].name == "written" && time.Since(log[len(log)-1].at) >= quiet
	})
	require.True(s.t, arrived, "no batch arrives")
	db.forget()
	before := readSnapshot(s.t, s.db())
	// From here on the plugin has little of the processor: what it is late with
	// is not its fault.
	s.run.KilledAt = time.Now()
	if !db.kill(s.run.PID(), s.bound.commitDelay+commitWork) {
		s.run.Kill() // it was committed before
	}
	s.run.Wait(time.Minute)
	return before
}
