package bench_test

import (
	"sync"
	"time"

	"office365/tests/bench/corpus"
	"office365/tests/simulator"
)

// The records of the benchmarks of throughput: as many as take some seconds, in
// contents of a size that a busy tenant has.
const (
	corpusSeed    = 1
	corpusRecords = 300_000
	blobRecords   = 500
)

// records are made once, for all benchmarks.
var records = sync.OnceValue(func() []corpus.Record { return corpus.Records(corpusSeed, corpusRecords) })

// corpusBytes is the JSON of the first n records.
func corpusBytes(n int) int {
	total := 0
	for _, r := range records()[:n] {
		total += len(r.JSON)
	}
	return total
}

// blobs puts records into contents of size records, each of its content type, in
// the order of the records.
func blobs(of []corpus.Record, size int) []simulator.Blob {
	open := map[string][]corpus.Record{}
	var all []simulator.Blob
	add := func(contentType string) {
		all = append(all, simulator.Blob{Type: simulator.ContentType(contentType), Body: corpus.Blob(open[contentType])})
		open[contentType] = nil
	}
	for _, r := range of {
		open[r.ContentType] = append(open[r.ContentType], r)
		if len(open[r.ContentType]) == size {
			add(r.ContentType)
		}
	}
	for _, ct := range simulator.ContentTypes() {
		if len(open[string(ct)]) > 0 {
			add(string(ct))
		}
	}
	return all
}

// loaded is a tenant with the first n records in contents made ahead, of the
// last hour.
func loaded(n, size int) *simulator.Simulator {
	sim := newTenants(1, simulator.Options{})[0]
	all := blobs(records()[:n], size)
	begin, step := time.Now().Add(-time.Hour), 50*time.Minute/time.Duration(len(all))
	for i, blob := range all {
		blob.Created = begin.Add(time.Duration(i) * step)
		sim.AddBlob(blob)
	}
	sim.Prepare()
	return sim
}

// full is a tenant with all of the corpus, made once.
var full = sync.OnceValue(func() *simulator.Simulator { return loaded(corpusRecords, blobRecords) })
