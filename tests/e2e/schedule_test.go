package e2e_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/program"
	"office365/tests/simulator"
)

var (
	chaosSeeds = flag.Int("chaos", 10, "random schedules to run")
	firstSeed  = flag.Uint64("seed", 1, "seed of the first schedule; a failing one is printed")
)

// allWindows is how many schedules it takes until every kill window has been
// dealt several times.
const allWindows = 10

// TestNoScheduleOfFaultsKillsAndPausesLosesARecord runs random schedules in the
// test host: content that comes late, faults, pauses, slow filters, dropped
// batches, reloads, graceful stops and kills, of which three in each schedule
// are aimed at a window. In the end every record has arrived; twice at most
// those of the batches that the rule of commits excuses.
//
//	go test ./tests/e2e -run Schedule -chaos 1 -seed 17
func TestNoScheduleOfFaultsKillsAndPausesLosesARecord(t *testing.T) {
	t.Parallel()
	all := totals{tally: newTally()}
	begun := time.Now()
	t.Cleanup(func() {
		fmt.Printf("schedules: %s in %s\n", all.String(), time.Since(begun).Round(time.Second))
		if *chaosSeeds >= allWindows && !t.Failed() {
			for _, w := range windows {
				assert.Positive(t, all.kills[w], "no kill has hit the window %s", w)
			}
			assert.Positive(t, all.repeated, "kills after an arrival bring repeats; if none came, they are not seen")
		}
	})
	for i := range *chaosSeeds {
		seed := *firstSeed + uint64(i)
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			s := newSchedule(t, seed)
			s.play()
			all.add(s.tally)
		})
	}
}

// schedule is one random schedule. What it does follows from the seed alone;
// only the moments depend on the machine.
type schedule struct {
	*tenant
	rand  *rand.Rand
	seed  uint64
	begun time.Time
	steps []string // for the report of a failure

	bound bound
	args  []string // of the host
	run   *process
	from  int // records in the output when this life began

	lives   []life // that have ended
	got     *delivered
	excused map[string]int
	tally   tally

	paused       bool
	held         bool // the plugin waits for minutes, unless it is started anew
	lastListable time.Time
}

func newSchedule(t *testing.T, seed uint64) *schedule {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, seed))
	serve := simulator.NewServer
	if random.IntN(2) == 0 {
		serve = simulator.NewHTTP1Server
	}
	s := &schedule{
		tenant:  newTenantsBehind(t, 1, serve)[0],
		rand:    random,
		seed:    seed,
		begun:   time.Now(),
		bound:   bound{counted: random.IntN(4) > 0, commitDelay: pick(random, 5*time.Second, 5*time.Second, 2*time.Second)},
		excused: map[string]int{},
		tally:   newTally(),
	}
	s.got = newDelivered(s.output())
	s.sim.Change(func(o *simulator.Options) {
		// Listings of more than ten pages are made every half hour only.
		o.PageSize = 8 + random.IntN(30)
		o.TokenLife = pick(random, time.Hour, 5*time.Minute)
	})
	s.extra = []string{
		"interval", pick(random, "1s", "2s", "3s"),
		"batch_size", pick(random, "24K", "100K", "4M"), // a record takes about 3 KB
		"commit_delay", s.bound.commitDelay.String(),
	}
	if !s.bound.counted {
		s.args = []string{"--no-counter"}
	}
	s.note("counter %t, %s", s.bound.counted, strings.Join(s.extra, " "))
	return s
}

func pick[T any](random *rand.Rand, from ...T) T { return from[random.IntN(len(from))] }

func (s *schedule) note(format string, args ...any) {
	s.steps = append(s.steps, fmt.Sprintf("%6.1fs ", time.Since(s.begun).Seconds())+fmt.Sprintf(format, args...))
}

// Steps of a schedule, and after how many of them comes a kill that is aimed.
const (
	stepCount = 12
	aimEvery  = 4
)

func (s *schedule) play() {
	defer s.report()
	s.fill(2, 5)
	s.begin()
	for i := range stepCount {
		s.step()
		s.pass(2500 * time.Millisecond)
		if i%aimEvery == aimEvery-1 {
			s.aim(windows[(int(s.seed)*(stepCount/aimEvery)+i/aimEvery)%len(windows)])
		}
	}
	s.finish()
}

// report prints the schedule of a test that has failed, or that runs alone.
func (s *schedule) report() {
	if s.t.Failed() || *chaosSeeds == 1 {
		s.t.Logf("replay with: go test ./tests/e2e -run Schedule -chaos 1 -seed %d\n%s", s.seed, strings.Join(s.steps, "\n"))
	}
}

// pass lets up to so much time pass.
func (s *schedule) pass(most time.Duration) {
	<-time.After(time.Duration(s.rand.Int64N(int64(most))))
}

// begin starts the host.
func (s *schedule) begin() {
	s.run = standIn().Start(s.t, conf([]*tenant{s.tenant}, "Hot_Reload", "on"), s.secrets(), s.args...)
	s.paused, s.held = false, false
	s.from = len(s.got.ids)
}

// restart is a graceful stop, after which nothing may come twice.
func (s *schedule) restart() {
	s.stop()
	s.begin()
}

func (s *schedule) stop() {
	s.awaitStart()
	require.Zero(s.t, s.run.Stop())
	s.tally.stops++
	s.settle(time.Time{})
	require.Equal(s.t, len(s.got.ids), s.lives[len(s.lives)-1].position, "the journal and the output differ")
}

// crashed takes note of a kill, which has happened, and starts the host again.
func (s *schedule) crashed(w window) {
	require.True(s.t, s.run.Killed(), "it ended before it was killed: %s", s.run.State())
	s.requireHit(w)
	s.note("  killed: %s", w)
	s.tally.kills[w]++
	s.mendOutput()
	s.settle(s.run.KilledAt)
	s.begin()
}

// settle takes in what a life has brought, and which of it may come again.
func (s *schedule) settle(killed time.Time) {
	s.got.read(s.t)
	l := s.bound.excusable(readJournal(s.t, s.run.Journal), s.from, killed)
	s.lives = append(s.lives, l)
	for _, b := range l.excused {
		// Of the batch that it was writing a killed host has written a part.
		for _, id := range s.got.ids[min(b.from, len(s.got.ids)):min(b.to, len(s.got.ids))] {
			s.excused[id]++
		}
	}
}

// awaitStart waits until the host can be told something.
func (s *schedule) awaitStart() {
	program.Eventually(s.t, time.Minute, "the start", func() bool {
		return strings.Contains(s.run.Log.String(), "instances of office365 are running")
	})
}

// events counts the events of a name in the journal of this life.
func (s *schedule) events(name string) int {
	return countEvents(readJournal(s.t, s.run.Journal), name)
}

// awaitEvent waits for an event of which there were so many before.
func (s *schedule) awaitEvent(name string, before int) {
	program.Eventually(s.t, time.Minute, name, func() bool { return s.events(name) > before })
}

// tell gives the host a command, once it runs.
func (s *schedule) tell(command string) {
	s.note("  %s", command)
	s.awaitStart()
	s.run.Ask(command)
}

// finish ends all that keeps records back, and waits for them.
func (s *schedule) finish() {
	s.note("end")
	s.sim.RemoveFaults()
	if s.held {
		s.restart()
	}
	if s.paused {
		s.resume()
	}
	s.tell("filter-delay 0")
	<-time.After(time.Until(s.lastListable))
	offered := s.sim.Offered()
	program.HoldsWithin(4*time.Minute, func() bool { // what is missing then is counted below
		s.got.read(s.t)
		return s.got.missing(offered) == 0
	})
	s.stop()
	s.judge(offered)
}

// judge compares what was delivered with what the tenant offered.
func (s *schedule) judge(offered []string) {
	unexcused, foreign := 0, len(s.got.count)-s.got.merged()
	for _, id := range offered {
		if s.got.count[id] > 0 {
			foreign--
		}
	}
	for id, n := range s.got.count {
		if n-1 > s.excused[id] {
			unexcused++
			s.trace(id)
		}
	}
	s.tally.schedules = 1
	s.tally.offered, s.tally.delivered = len(offered), len(s.got.ids)
	s.tally.missing, s.tally.repeated = s.got.missing(offered), s.got.repeated()
	s.note("%s", s.tally.String())
	assert.Zero(s.t, s.tally.missing, "records missing of %d", len(offered))
	assert.Zero(s.t, unexcused, "records came again whose batches were committed, of %d repeats", s.tally.repeated)
	assert.Zero(s.t, foreign, "records that the tenant has not offered")
	assert.Empty(s.t, s.got.gaps(), "alerts of which a revision is missing")
}

// trace notes in which batches a record came that came too often.
func (s *schedule) trace(id string) {
	s.note("%s came %d times, excused %d", id, s.got.count[id], s.excused[id])
	for n, l := range s.lives {
		for _, b := range l.arrived {
			if slices.Contains(s.got.ids[min(b.from, len(s.got.ids)):min(b.to, len(s.got.ids))], id) {
				s.note("  in life %d, batch %d: arrived at %.1fs; killed at %.1fs", n+1, b.number,
					b.arrived.Sub(s.begun).Seconds(), l.ended.Sub(s.begun).Seconds())
			}
		}
	}
}
