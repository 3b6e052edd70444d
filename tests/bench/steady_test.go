package bench_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"office365/tests/program"
	"office365/tests/simulator"
)

// What is idle is watched for so long, after it has settled.
const (
	settling     = 12 * time.Second
	watched      = 30 * time.Second
	idleInterval = 10 * time.Second
)

// instances are watched in one process, to see what one more takes.
const instances = 20

// BenchmarkIdle watches a plugin whose tenant has no content, and beside it a
// process with many such instances. The interval is short, so that a run sees
// several listings; with the default of 5 minutes there are 30 times fewer.
func BenchmarkIdle(b *testing.B) {
	for b.Loop() {
		sims := newTenants(1, simulator.Options{})
		one := newScene(b, sims, "interval", idleInterval.String()).start(program.Host())
		many := newScene(b, newTenants(instances, simulator.Options{}), "interval", idleInterval.String()).start(program.Host())
		<-time.After(settling)
		listed, spent, spentByMany := listings(sims[0]), one.CPU(), many.CPU()
		<-time.After(watched)
		listed, spent, spentByMany = listings(sims[0])-listed, one.CPU()-spent, many.CPU()-spentByMany
		peak, more := one.PeakMemory(), many.PeakMemory()-one.PeakMemory()
		one.end()
		many.end()
		b.ReportMetric(100*spent.Seconds()/watched.Seconds(), "%core")
		b.ReportMetric(float64(listed)/(watched.Seconds()/idleInterval.Seconds()), "listings/interval")
		b.ReportMetric(megabytes(peak), "peak-MB")
		b.ReportMetric(100*(spentByMany-spent).Seconds()/watched.Seconds()/(instances-1), "%core/instance")
		b.ReportMetric(megabytes(more)/(instances-1), "MB/instance")
	}
}

func listings(sim *simulator.Simulator) int { return len(sim.Requests(simulator.RouteContentList)) }

// Steady running: what five minutes bring at a million records a day comes every
// five seconds.
const (
	steadyInterval = 5 * time.Second
	steadyPolls    = 9
	steadyRecords  = 3500 // a poll
)

// BenchmarkSteady reports the peak of memory under steady arrival, above that of
// an idle plugin.
func BenchmarkSteady(b *testing.B) {
	for b.Loop() {
		before := idlePeak(b)
		sim := newTenants(1, simulator.Options{})[0]
		total := steadyPolls * steadyRecords
		all := blobs(records()[:total], blobRecords)
		first, step := time.Now().Add(steadyInterval), steadyPolls*steadyInterval/time.Duration(len(all))
		for i, blob := range all {
			blob.Created = first.Add(time.Duration(i) * step)
			sim.AddBlob(blob)
		}
		sim.Prepare()
		r := newScene(b, []*simulator.Simulator{sim}, "interval", steadyInterval.String()).start(program.Host())
		r.await(total, (steadyPolls+6)*steadyInterval)
		peak := r.PeakMemory()
		r.end()
		require.Greater(b, peak, before)
		b.ReportMetric(megabytes(peak-before), "above-idle-MB")
		b.ReportMetric(megabytes(peak), "peak-MB")
	}
}

// idlePeak is the memory of a plugin that watches a tenant without content.
func idlePeak(b *testing.B) int64 {
	b.Helper()
	sims := newTenants(1, simulator.Options{})
	r := newScene(b, sims, "interval", "1s").start(program.Host())
	program.Eventually(b, time.Minute, "listings", func() bool {
		return listings(sims[0]) >= 8*len(simulator.ContentTypes())
	})
	defer r.end()
	return r.PeakMemory()
}
