package simulator_test

import (
	"fmt"
	"net/http"
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

// BenchmarkServe is the price of a record over TLS, as a benchmark of the
// plugin pays it on the same machine; the client only reads.
func BenchmarkServe(b *testing.B) {
	for _, encoding := range []string{"identity", "gzip"} {
		for _, prepared := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/prepared=%t", encoding, prepared), func(b *testing.B) { serve(b, encoding, prepared) })
		}
	}
}

func serve(b *testing.B, encoding string, prepared bool) {
	b.Helper()
	c := newClient(b, simulator.Options{})
	c.sim.Start()
	c.header.Set("Accept-Encoding", encoding)
	id := c.sim.AddBlob(simulator.Blob{Type: simulator.AuditSharePoint, Created: noon.Add(-time.Hour), Generate: 500})
	if prepared {
		c.sim.Prepare()
	}
	wire := 0
	for b.Loop() {
		a := c.get("audit/" + id)
		if a.StatusCode != http.StatusOK {
			b.Fatal(a.StatusCode)
		}
		wire += len(a.body)
	}
	b.ReportMetric(float64(b.N)*500/b.Elapsed().Seconds(), "records/s")
	b.ReportMetric(float64(wire)/float64(b.N)/500, "wire-bytes/record")
}
