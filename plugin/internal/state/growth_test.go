package state_test

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"office365/normalize"
	"office365/plugin/internal/dedup"
	"office365/plugin/internal/ledger"
	"office365/plugin/internal/state"
)

// growth are the numbers of done contents that a cost is measured at. A million
// is 1,000 blobs a minute for 16 hours, all while their moments cannot be covered.
var growth = []int{1000, 10_000, 100_000, 1_000_000}

// finish makes so many contents known and done, none of them covered.
func (f *full) finish(contents []ledger.Content) {
	f.t.Helper()
	for part := range slices.Chunk(contents, 20_000) {
		f.apply(f.position.Listed(ledger.Listing{Span: week, Contents: part, Cut: true}), nil)
		f.apply(f.position.Finished(names(part)...), nil)
	}
}

func newEmpty(tb testing.TB) *full {
	tb.Helper()
	path := newPath(tb)
	file, _ := mustOpen(tb, path)
	f := &full{File: file, t: tb, path: path, position: ledger.NewPosition()}
	f.apply(f.position.Begin(epoch), nil)
	return f
}

func (f *full) megabytes() float64 {
	info, err := os.Stat(f.path)
	require.NoError(f.t, err)
	return float64(info.Size()) / 1e6
}

// BenchmarkCommit commits a batch of 8 contents with 400 records each, beside so
// many done contents; and once more when these have been forgotten, which leaves
// their pages free.
func BenchmarkCommit(b *testing.B) {
	for _, done := range growth {
		for _, forgotten := range []bool{false, true} {
			b.Run(fmt.Sprintf("done=%d/forgotten=%t", done, forgotten), func(b *testing.B) {
				const ofBatch, records = 8, 400
				all := evenly(done + ofBatch*10_000)
				f := newEmpty(b)
				f.finish(all[:done])
				if forgotten {
					f.apply(f.position.Skip(ledger.Span{From: week.From.Truncate(time.Second), To: all[done].Created.Truncate(time.Second)}), nil)
				}
				fresh := all[done:]
				var written int64
				b.ResetTimer()
				for b.Loop() {
					batch := fresh[:ofBatch]
					fresh = fresh[ofBatch:]
					b.StopTimer()
					f.apply(f.position.Listed(ledger.Listing{Span: week, Contents: batch, Cut: true}), nil)
					b.StartTimer()
					n, _ := f.apply(f.position.Finished(names(batch)...), f.pack(batch, records))
					written += n
				}
				b.ReportMetric(float64(written)/float64(b.N), "written-B/op")
				b.ReportMetric(f.megabytes(), "file-MB")
				require.NoError(b, f.Close())
			})
		}
	}
}

// BenchmarkStart opens a file with so many done contents, half a million
// identities and 10,000 alerts, and makes of it what a start makes of it.
func BenchmarkStart(b *testing.B) {
	for _, done := range growth {
		b.Run(fmt.Sprintf("done=%d", done), func(b *testing.B) {
			f := newEmpty(b)
			f.finish(evenly(done))
			for range identities / 3000 {
				f.apply(ledger.Change{}, f.pack(nil, 3000))
			}
			require.NoError(b, f.Apply(state.Tx{Alerts: savedAlerts(b, 10_000)}))
			require.NoError(b, f.Close())
			*f = full{t: b, path: f.path}
			var held uint64
			for b.Loop() {
				held = start(b, f.path)
			}
			b.ReportMetric(float64(held)/1e6, "held-MB")
			b.ReportMetric(f.megabytes(), "file-MB")
		})
	}
}

// start is a start, and returns the memory that is held after it.
func start(b *testing.B, path string) (held uint64) {
	b.Helper()
	before := heap(b)
	file, positions, set, merger := restored(b, path)
	held = heap(b) - before
	runtime.KeepAlive(positions)
	runtime.KeepAlive(set)
	runtime.KeepAlive(merger)
	require.NoError(b, file.Close())
	return held
}

func restored(b *testing.B, path string) (*state.File, map[normalize.ContentType]*ledger.Position, *dedup.Set, *normalize.Merger) {
	b.Helper()
	file, saved := mustOpen(b, path)
	merger, err := normalize.NewMerger(mergeOptions, saved.Alerts, normalize.Arrival{Now: epoch})
	require.NoError(b, err)
	return file, saved.Positions, dedup.NewSet(dedup.Limits{Window: time.Hour, Max: identities}, saved.Packs), merger
}

// heap is the memory in use, garbage left out.
func heap(b *testing.B) uint64 {
	b.Helper()
	b.StopTimer()
	defer b.StartTimer()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

var mergeOptions = normalize.MergeOptions{Wait: 5 * time.Minute, TTL: 26 * time.Hour, MaxEntities: 100, StatusUpdates: true}

// savedAlerts are so many alerts with a trigger and three entities each.
func savedAlerts(b *testing.B, alerts int) []normalize.AlertChange {
	b.Helper()
	n := normalize.New(normalize.Options{})
	m, err := normalize.NewMerger(mergeOptions, nil, normalize.Arrival{Now: epoch})
	require.NoError(b, err)
	saved := map[string]normalize.AlertChange{}
	for i := range alerts {
		for k, operation := range []string{"AlertTriggered", "AlertEntityGenerated", "AlertEntityGenerated", "AlertEntityGenerated"} {
			text := fmt.Sprintf(`{"Id":"id-%d-%d","CreationTime":"2026-03-02T10:00:00","Operation":%q,"AlertId":"alert-%d",`+
				`"EntityType":"User","AlertEntityId":"user-%d@contoso.example","Status":"Active","Data":"%0900d"}`, i, k, operation, i, k, i)
			raw := normalize.Raw{Bytes: []byte(text), Length: int64(len(text))}
			note, ok := n.Record(raw, normalize.Source{ContentType: normalize.AuditGeneral, ContentID: "c"}, epoch).AlertNote()
			require.True(b, ok)
			for _, c := range m.Note(note, normalize.Arrival{Now: epoch}) {
				saved[c.Key] = c
			}
		}
	}
	list := make([]normalize.AlertChange, 0, len(saved))
	for _, c := range saved {
		list = append(list, c)
	}
	return list
}
