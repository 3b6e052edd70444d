package bench_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"office365/tests/program"
	"office365/tests/simulator"
)

// fast are the settings with which the hand-over, once a second, lets 30,900 of
// these records through, each 2.1 KB of msgpack.
var fast = []string{"batch_size", "64M", "buffer_size", "192M"}

// BenchmarkEndToEnd collects the corpus in the test host from a tenant that
// answers at once.
func BenchmarkEndToEnd(b *testing.B) {
	sim := full()
	for b.Loop() {
		collect(b, program.Host(), sim, corpusRecords, fast...)
	}
}

// collect lets a program collect all of a tenant, and reports what that took.
// The rate is that from the first arrival on: the hand-over comes once a second,
// and what came before the first one says nothing of what it lets through.
// Processor time and memory are those of the whole run.
func collect(b *testing.B, p program.Program, sim *simulator.Simulator, n int, pairs ...string) {
	b.Helper()
	r := newScene(b, []*simulator.Simulator{sim}, pairs...).start(p)
	first := 0
	arrives := program.HoldsWithin(time.Minute, func() bool {
		first = r.records()
		return first > 0
	})
	require.True(b, arrives, "nothing has arrived")
	begun := time.Now()
	r.await(n, 5*time.Minute)
	took := time.Since(begun)
	peak := r.PeakMemory()
	r.end()
	report(b, figures{records: n, rate: float64(n-first) / took.Seconds(), cpu: r.CPU(), peak: peak})
}

// figures are what moving records took.
type figures struct {
	records int
	rate    float64 // records a second
	cpu     time.Duration
	peak    int64 // bytes
}

func report(b *testing.B, f figures) {
	b.Helper()
	b.ReportMetric(f.rate, "records/s")
	b.ReportMetric(float64(f.cpu.Nanoseconds())/1e3/float64(f.records), "cpu-µs/record")
	b.ReportMetric(megabytes(f.peak), "peak-MB")
	b.ReportMetric(float64(corpusBytes(f.records))/float64(f.records), "json-B/record")
}
