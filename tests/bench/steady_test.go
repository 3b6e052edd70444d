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

// BenchmarkIdle watches a plugin whose tenant has no content. The interval is
// short, so that a run sees several listings; with the default of 5 minutes
// there are 30 times fewer of them.
func BenchmarkIdle(b *testing.B) {
	for b.Loop() {
		sims := newTenants(1, simulator.Options{})
		r := newScene(b, sims, "interval", idleInterval.String()).start(program.Host())
		<-time.After(settling)
		listed, spent := len(sims[0].Requests(simulator.RouteContentList)), r.CPU()
		<-time.After(watched)
		listed, spent = len(sims[0].Requests(simulator.RouteContentList))-listed, r.CPU()-spent
		peak := r.PeakMemory()
		r.end()
		b.ReportMetric(100*spent.Seconds()/watched.Seconds(), "%core")
		b.ReportMetric(float64(listed)/(watched.Seconds()/idleInterval.Seconds()), "listings/interval")
		b.ReportMetric(megabytes(peak), "peak-MB")
	}
}

// instances are watched in one process, to see what one more takes.
const instances = 20

// BenchmarkInstances reports what each instance beyond the first adds to the
// memory and the work of an idle process.
func BenchmarkInstances(b *testing.B) {
	for b.Loop() {
		one, many := idle(b, 1), idle(b, instances)
		b.ReportMetric(megabytes(many.peak-one.peak)/(instances-1), "MB/instance")
		b.ReportMetric(100*(many.cpu-one.cpu).Seconds()/watched.Seconds()/(instances-1), "%core/instance")
	}
}

// idle is what so many instances on tenants without content take, at the default
// interval, while they are watched.
func idle(b *testing.B, n int) figures {
	b.Helper()
	r := newScene(b, newTenants(n, simulator.Options{})).start(program.Host())
	<-time.After(settling)
	spent := r.CPU()
	<-time.After(watched)
	f := figures{cpu: r.CPU() - spent, peak: r.PeakMemory()}
	r.end()
	return f
}

// Steady running: what five minutes bring at 45 records a second, which is four
// million a day, comes every five seconds.
const (
	steadyInterval = 5 * time.Second
	steadyPolls    = 9
	steadyRecords  = 13_500 // a poll
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
		return len(sims[0].Requests(simulator.RouteContentList)) >= 8*len(simulator.ContentTypes())
	})
	defer r.end()
	return r.PeakMemory()
}
