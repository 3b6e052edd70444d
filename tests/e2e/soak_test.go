package e2e_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/program"
	"office365/tests/simulator"
)

var soakTime = flag.Duration("soak", 0, "how long to soak; 0: not at all")

// What a soak does how often.
const (
	soakKill  = time.Minute
	soakFault = 7 * time.Second
	soakLook  = time.Second
)

// Flat means that the last third of the run needs no more than the middle one
// and a tolerance: memory moves with the garbage collector and the faults, and a
// state file grows by doubling itself, so that what it uses is looked at too.
const (
	rssTolerance, rssBeside = 1.15, 4 << 20
	useTolerance, useBeside = 1.25, 64 << 10
	fileTolerance           = 2.0
)

// TestSoakLosesNothingAndStaysFlat lets content arrive steadily under faults,
// with a kill every minute, for as long as -soak says (make soak).
func TestSoakLosesNothingAndStaysFlat(t *testing.T) {
	t.Parallel()
	if *soakTime == 0 {
		t.Skip("make soak runs it")
	}
	onEach(t, func(t *testing.T, p program.Program) {
		s := newSoak(t, p)
		s.play()
		s.judge()
	})
}

// soak is one run.
type soak struct {
	*tenant
	program program.Program
	rand    *rand.Rand
	got     *delivered
	begun   time.Time
	run     *process
	kills   int
	faults  int
	samples []sample
}

// sample is what the plugin needs at one moment.
type sample struct {
	at                   time.Duration
	rss, file, used, ids float64 // bytes, bytes, bytes, records delivered so far
}

func newSoak(t *testing.T, p program.Program) *soak {
	t.Helper()
	s := &soak{tenant: newTenant(t), program: p, rand: rand.New(rand.NewPCG(*firstSeed, 0)), begun: time.Now()}
	s.sim.Change(func(o *simulator.Options) { o.PageSize = 100 })
	s.got = newDelivered(s.output())
	// What is kept for a time is kept so short that the first third fills it.
	s.extra = []string{"interval", "5s", "batch_size", "1M", "start_from", "1h", "overlap", "30s", "dedup_window", "30s"}
	return s
}

func (s *soak) play() {
	l := s.arrive(rand.New(rand.NewPCG(*firstSeed, 1)))
	s.run = s.start(s.program)
	kill, fault, look := time.NewTicker(soakKill), time.NewTicker(soakFault), time.NewTicker(soakLook)
	defer kill.Stop()
	defer fault.Stop()
	defer look.Stop()
	for end := time.After(*soakTime); ; {
		select {
		case <-kill.C:
			s.kill(s.run)
			s.kills++
			s.run = s.start(s.program)
		case <-fault.C:
			s.fault()
		case <-look.C:
			s.look()
		case <-end:
			l.stop()
			return
		}
	}
}

// fault is one of the catalog that takes no record away, for some seconds.
// What makes the plugin wait for minutes ends with the next kill.
func (s *soak) fault() {
	fault := pick(s.rand, slices.DeleteFunc(simulator.Faults(), loses)...)
	fault.Until = time.Now().Add(time.Duration(s.rand.Int64N(int64(soakFault))))
	s.sim.Inject(fault)
	s.faults++
}

func (s *soak) look() {
	s.got.read(s.t)
	file, err := os.ReadFile(s.db())
	if err != nil || len(file) < 2*boltPage {
		return // it has not been made yet
	}
	s.samples = append(s.samples, sample{
		at: time.Since(s.begun), rss: float64(s.run.Memory()), file: float64(len(file)),
		used: float64(snapshot(file).used()), ids: float64(len(s.got.ids)),
	})
}

func (s *soak) judge() {
	s.sim.RemoveFaults()
	s.kill(s.run)
	s.run = s.start(s.program)
	offered := s.sim.Offered()
	s.got.requireAllOf(s.t, offered, 3*time.Minute)
	require.Zero(s.t, s.run.Stop())
	s.got.read(s.t)
	fmt.Printf("soak in %s, %s: %d kills, %d faults; records: %d offered, %d delivered, %d missing, %d repeated\n",
		s.program.Name, *soakTime, s.kills, s.faults, len(offered), len(s.got.ids), s.got.missing(offered), s.got.repeated())
	s.flat("resident memory, mean", mean, func(x sample) float64 { return x.rss }, rssTolerance, rssBeside)
	s.flat("state file, most", slices.Max[[]float64], func(x sample) float64 { return x.file }, fileTolerance, 0)
	s.flat("state file in use, most", slices.Max[[]float64], func(x sample) float64 { return x.used }, useTolerance, useBeside)
}

// flat prints what the thirds of the run needed, and checks the last one.
func (s *soak) flat(what string, sum func([]float64) float64, of func(sample) float64, times, beside float64) {
	var thirds [3][]float64
	for _, x := range s.samples {
		third := min(2, int(3*x.at / *soakTime))
		thirds[third] = append(thirds[third], of(x))
	}
	var figures [3]float64
	for i, third := range thirds {
		require.NotEmpty(s.t, third)
		figures[i] = sum(third)
	}
	fmt.Printf("soak in %s: %s: %.2f, %.2f, %.2f MB in the three thirds\n",
		s.program.Name, what, figures[0]/1e6, figures[1]/1e6, figures[2]/1e6)
	assert.LessOrEqual(s.t, figures[2], times*figures[1]+beside, what)
}

func mean(of []float64) float64 {
	sum := 0.0
	for _, x := range of {
		sum += x
	}
	return sum / float64(len(of))
}
