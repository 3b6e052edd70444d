package normalize_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"office365/normalize"
)

// BenchmarkMergerBurst notes a burst about one alert, whose every original brings
// one more entity.
func BenchmarkMergerBurst(b *testing.B) {
	for _, listed := range []int{100, 10_000} {
		for _, entities := range []int{100, 1000, 10_000, 100_000} {
			b.Run(fmt.Sprintf("listed=%d/entities=%d", listed, entities), func(b *testing.B) {
				notes := burst(entities)
				o := normalize.MergeOptions{Wait: time.Minute, TTL: time.Hour, MaxEntities: listed}
				b.ReportAllocs()
				for b.Loop() {
					m, err := normalize.NewMerger(o, nil, normalize.Arrival{Now: received})
					require.NoError(b, err)
					for i, n := range notes {
						m.Note(n, normalize.Arrival{Now: received, Known: uint64(i)})
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*entities), "ns/note")
			})
		}
	}
}

// burst is so many originals about one alert, each with another entity.
func burst(entities int) []normalize.AlertNote {
	n := newNormalizer()
	notes := make([]normalize.AlertNote, entities)
	for i := range notes {
		at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Second)
		text := entity(fmt.Sprintf("00000000-0000-0000-0000-%012d", i), "User", fmt.Sprintf("user%06d@contoso.example", i),
			fields{"CreationTime": at.Format("2006-01-02T15:04:05")})
		notes[i], _ = noteWith(n, text)
	}
	return notes
}
