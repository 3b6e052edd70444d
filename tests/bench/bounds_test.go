package bench_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"office365/tests/bench/corpus"
	"office365/tests/program"
	"office365/tests/simulator"
)

// aboveIdle reports how much more memory a program has taken at most than one
// that watches the same tenant without content.
func aboveIdle(b *testing.B, r *run) {
	b.Helper()
	b.ReportMetric(megabytes(r.PeakMemory()-idlePeak(b)), "above-idle-MB")
}

// BenchmarkHugeBlob collects one content of 100 MB.
func BenchmarkHugeBlob(b *testing.B) {
	n := 0
	for size := 0; size < 100<<20; n++ {
		size += len(records()[n].JSON)
	}
	body := corpus.Blob(records()[:n])
	for b.Loop() {
		sim := newTenants(1, simulator.Options{})[0]
		sim.AddBlob(simulator.Blob{Type: simulator.AuditExchange, Created: time.Now().Add(-time.Hour), Body: body})
		bounded(b, sim, n)
	}
}

// bounded collects n records and reports the memory and the time.
func bounded(b *testing.B, sim *simulator.Simulator, n int) {
	b.Helper()
	r := newScene(b, []*simulator.Simulator{sim}).start(program.Host())
	r.await(n, 10*time.Minute)
	b.ReportMetric(float64(n)/time.Since(r.begun).Seconds(), "records/s")
	aboveIdle(b, r)
	r.end()
}

// BenchmarkLongRecords collects contents of one record each, all as long as
// max_record_size or all twice as long.
func BenchmarkLongRecords(b *testing.B) {
	const longest, contents = 4 << 20, 40
	for name, size := range map[string]int{"longest": longest, "beyond": 2 * longest} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				sim := newTenants(1, simulator.Options{})[0]
				for i := range contents {
					sim.AddBlob(simulator.Blob{Type: simulator.AuditExchange, Created: time.Now().Add(-time.Hour), Body: longRecord(i, size)})
				}
				bounded(b, sim, contents)
			}
		})
	}
}

// longRecord is a content with one record of so many bytes.
func longRecord(i, size int) []byte {
	head := fmt.Sprintf(`[{"Id":"long-%d","CreationTime":"2026-03-02T10:00:00","Operation":"Set-Mailbox","Workload":"Exchange","Note":"`, i)
	tail := `"}]`
	return append(append([]byte(head), bytes.Repeat([]byte("x"), size-len(head)-len(tail)+2)...), tail...)
}

// BenchmarkLongListing makes 200,000 contents of one hour known, and fetches none.
func BenchmarkLongListing(b *testing.B) {
	const contents = 200_000
	for b.Loop() {
		sim := newTenants(1, simulator.Options{})[0]
		sim.Change(func(o *simulator.Options) { o.PageSize = 2000 }) // it looks through all contents for each page
		sim.AddContent(simulator.AuditExchange, contents, 1, time.Now().Add(-5*time.Hour), time.Now().Add(-4*time.Hour))
		sim.Inject(simulator.MustFault("503"))
		r := newScene(b, []*simulator.Simulator{sim}, "status_interval", "1s").start(program.Host())
		program.Eventually(b, 5*time.Minute, "all contents known", func() bool {
			return strings.Contains(r.Log.String(), fmt.Sprint(contents, " not done yet"))
		})
		b.ReportMetric(float64(contents)/time.Since(r.begun).Seconds(), "contents/s")
		aboveIdle(b, r)
		r.end()
	}
}

// BenchmarkThousandInstances watches a thousand tenants in one process, which have
// nothing to tell.
func BenchmarkThousandInstances(b *testing.B) {
	const instances = 1000
	for b.Loop() {
		sims := newTenants(instances, simulator.Options{})
		r := newScene(b, sims, "start_from", "1h").start(program.Host())
		for i, sim := range sims {
			program.Eventually(b, 5*time.Minute, fmt.Sprintf("a listing of tenant %d", i), func() bool {
				return len(sim.Requests(simulator.RouteContentList)) > 0
			})
		}
		ready := time.Since(r.begun)
		const watched = 20 * time.Second
		before := r.CPU()
		<-time.After(watched)
		b.ReportMetric(ready.Seconds(), "ready-s")
		b.ReportMetric(before.Seconds(), "ready-cpu-s")
		b.ReportMetric(100*(r.CPU()-before).Seconds()/watched.Seconds()/instances, "%core/instance")
		b.ReportMetric(megabytes(r.PeakMemory()-idlePeak(b))/(instances-1), "MB/instance")
		require.Zero(b, r.Stop())
	}
}
