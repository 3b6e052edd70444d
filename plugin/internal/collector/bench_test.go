package collector_test

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"office365/plugin/internal/collector"
	"office365/plugin/internal/config"
	"office365/tests/bench/corpus"
	"office365/tests/simulator"
)

// What a run collects: the mixed corpus in contents of a busy tenant's size.
const (
	corpusRecords = 100_000
	corpusBlob    = 500
)

// corpusBodies are the contents, with the content type of each.
var corpusBodies = sync.OnceValue(func() []simulator.Blob {
	byType := map[string][]corpus.Record{}
	for _, r := range corpus.Records(1, corpusRecords) {
		byType[r.ContentType] = append(byType[r.ContentType], r)
	}
	var all []simulator.Blob
	for ct, records := range byType {
		for i := 0; i < len(records); i += corpusBlob {
			body := corpus.Blob(records[i:min(i+corpusBlob, len(records))])
			all = append(all, simulator.Blob{Type: simulator.ContentType(ct), Body: body})
		}
	}
	return all
})

// BenchmarkCollector collects a tenant over TLS and gzip, the file db and the
// merge of alerts included, into nothing, and as fast as it can: hand-over waits
// for no tick. The tenant runs in the same process, with bodies made ahead.
//
// plugin/default.pgo is the profile of this benchmark, see `make pgo`.
func BenchmarkCollector(b *testing.B) {
	sim := simulator.New(simulator.Options{Now: time.Now, PageSize: 200})
	all := corpusBodies()
	begin, step := time.Now().Add(-2*time.Hour), time.Hour/time.Duration(len(all))
	bytesOfJSON := 0
	for i, blob := range all {
		blob.Created = begin.Add(time.Duration(i) * step)
		sim.AddBlob(blob)
		bytesOfJSON += len(blob.Body)
	}
	sim.Prepare()
	server := simulator.NewServer(b, sim)
	for _, format := range []string{"interflow", "ecs", "ocsf"} {
		b.Run(format, func(b *testing.B) {
			b.SetBytes(int64(bytesOfJSON))
			b.ReportAllocs()
			for b.Loop() {
				collectAll(b, sim, server, format)
			}
			b.ReportMetric(float64(b.N)*corpusRecords/b.Elapsed().Seconds(), "records/s")
		})
	}
}

// collectAll runs one collector until it has handed over all records.
func collectAll(b *testing.B, sim *simulator.Simulator, server *simulator.Server, format string) {
	b.Helper()
	o := sim.Options()
	values := map[string]string{
		"tenant_id": o.TenantID, "client_id": o.ClientID, "client_secret": o.ClientSecret,
		"authority": server.URL, "api_url": server.URL, "ca_file": server.CAFile, "start_from": "24h",
		"requests_per_minute": "1000000", "batch_size": "16M", "buffer_size": "64M", "format": format, "db": filepath.Join(b.TempDir(), "db"),
	}
	settings, _, err := config.Parse(func(key string) string { return values[key] })
	require.NoError(b, err)
	var arrived atomic.Uint64
	c, err := collector.New(collector.Options{
		Settings: settings, Instance: "office365.0", Log: slog.New(slog.DiscardHandler),
		Arrived: func() (uint64, bool) { return arrived.Load(), true },
	})
	require.NoError(b, err)
	c.Start()
	defer c.Stop()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for limit := time.After(time.Minute); arrived.Load() < corpusRecords; {
		select {
		case <-tick.C:
		case <-limit:
			b.Fatalf("%d of %d records have arrived", arrived.Load(), corpusRecords)
		}
		if batch := c.Next(); batch != nil {
			events := bytes.Count(batch, eventHead)
			c.Done()
			arrived.Add(uint64(events))
		}
	}
}

// eventHead begins each event: an array of two, the first an array of two, of
// which the first is an event time. No text of the corpus has it.
var eventHead = []byte{0x92, 0x92, 0xd7, 0x00}
