package bench_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"office365/tests/program"
	"office365/tests/simulator"
)

// The target of latency: 500 contents of a tenant whose every answer takes 50
// milliseconds, which take 25 seconds one after the other.
const (
	farAway         = 50 * time.Millisecond
	farAwayBlobs    = 500
	farAwayWorkers  = "8"
	farAwayContents = 10 // records of each
)

// BenchmarkLatency reports the seconds from the start of the program until it has
// all contents, with token, subscriptions and listings before the first of them.
func BenchmarkLatency(b *testing.B) {
	for b.Loop() {
		sim := newTenants(1, simulator.Options{Latency: farAway})[0]
		types := simulator.ContentTypes()
		for _, ct := range types {
			sim.AddContent(ct, farAwayBlobs/len(types), farAwayContents, time.Now().Add(-time.Hour), time.Now().Add(-time.Minute))
		}
		r := newScene(b, []*simulator.Simulator{sim}, "fetch_workers", farAwayWorkers).start(program.Host())
		r.await(farAwayBlobs*farAwayContents, time.Minute)
		r.end()
		fetched := sim.Requests(simulator.RouteBlob)
		require.Len(b, fetched, farAwayBlobs)
		last := fetched[0].At
		for _, request := range fetched {
			last = later(last, request.At)
		}
		b.ReportMetric(last.Add(farAway).Sub(r.begun).Seconds(), "s")
		b.ReportMetric(last.Add(farAway).Sub(fetched[0].At).Seconds(), "fetching-s")
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// The late contents: made half an hour ago, and listable one after the other
// while the plugin runs.
const (
	lateInterval = 5 * time.Second
	lateContents = 20
	lateBetween  = 900 * time.Millisecond // no divisor of the interval
)

// BenchmarkLate reports the longest time from the moment when a late content
// becomes listable until it is asked for, in intervals.
func BenchmarkLate(b *testing.B) {
	for b.Loop() {
		sim := newTenants(1, simulator.Options{})[0]
		listable := map[string]time.Time{}
		for i := range lateContents {
			ct := simulator.ContentTypes()[i%len(simulator.ContentTypes())]
			at := time.Now().Add(lateInterval + time.Duration(i)*lateBetween)
			id := sim.AddBlob(simulator.Blob{Type: ct, Created: time.Now().Add(-30 * time.Minute), Listable: at, Generate: 1})
			listable[id] = at
		}
		r := newScene(b, []*simulator.Simulator{sim}, "interval", lateInterval.String()).start(program.Host())
		r.await(lateContents, lateContents*lateBetween+4*lateInterval)
		r.end()
		longest := time.Duration(0)
		for _, request := range sim.Requests(simulator.RouteBlob) {
			longest = max(longest, request.At.Sub(listable[request.ContentID]))
		}
		b.ReportMetric(longest.Seconds()/lateInterval.Seconds(), "intervals")
	}
}
