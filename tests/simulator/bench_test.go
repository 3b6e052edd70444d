package simulator_test

import (
	"testing"
	"time"

	"office365/tests/simulator"
)

// BenchmarkGenerate is the price of a record as it goes out.
func BenchmarkGenerate(b *testing.B) {
	for _, ct := range simulator.ContentTypes() {
		b.Run(string(ct), func(b *testing.B) {
			sim := simulator.New(simulator.Options{Now: at(noon), Seed: 1})
			sim.AddBlob(simulator.Blob{Type: ct, Created: noon, Generate: 2400})
			records, bytes := 0, 0
			for b.Loop() {
				n := simulator.WriteAll(sim, ct)
				bytes += n
				records += 2400
			}
			b.SetBytes(int64(bytes / b.N))
			b.ReportMetric(float64(records)/b.Elapsed().Seconds(), "records/s")
			b.ReportMetric(float64(bytes)/float64(records), "bytes/record")
		})
	}
}

// BenchmarkOffered is the price of the Id of a record in a comparison.
func BenchmarkOffered(b *testing.B) {
	sim := simulator.New(simulator.Options{Now: at(noon), Seed: 1})
	sim.AddContent(simulator.AuditExchange, 100, 1000, noon.Add(-time.Hour), noon)
	for b.Loop() {
		sim.Offered()
	}
	b.ReportMetric(float64(b.N)*100_000/b.Elapsed().Seconds(), "records/s")
}
