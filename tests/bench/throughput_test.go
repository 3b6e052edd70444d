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
// The rate is that from the first request for a content to the arrival of the
// last record; processor time and memory are those of the whole run.
func collect(b *testing.B, p program.Program, sim *simulator.Simulator, n int, pairs ...string) {
	b.Helper()
	sim.ForgetRequests()
	r := newScene(b, []*simulator.Simulator{sim}, pairs...).start(p)
	r.await(n, 5*time.Minute)
	ended := time.Now()
	peak := r.PeakMemory()
	r.end()
	fetched := sim.Requests(simulator.RouteBlob)
	require.NotEmpty(b, fetched)
	report(b, figures{records: n, took: ended.Sub(fetched[0].At), cpu: r.CPU(), peak: peak})
}

// figures are what moving records took.
type figures struct {
	records int
	took    time.Duration
	cpu     time.Duration
	peak    int64 // bytes
}

func report(b *testing.B, f figures) {
	b.Helper()
	b.ReportMetric(float64(f.records)/f.took.Seconds(), "records/s")
	b.ReportMetric(float64(f.cpu.Nanoseconds())/1e3/float64(f.records), "cpu-µs/record")
	b.ReportMetric(megabytes(f.peak), "peak-MB")
	b.ReportMetric(float64(corpusBytes(f.records))/float64(f.records), "json-B/record")
}
