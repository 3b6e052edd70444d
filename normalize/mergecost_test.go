package normalize_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"office365/normalize"
)

// BenchmarkDue is what it costs to ask for alerts that are due while so many wait
// and none is. Pack asks after every chunk of records, so it must not grow with
// the alerts.
func BenchmarkDue(b *testing.B) {
	for _, waiting := range []int{10, 1000, 10_000} {
		b.Run(fmt.Sprintf("waiting=%d", waiting), func(b *testing.B) {
			at := normalize.Arrival{Now: received, Known: 2}
			m, err := normalize.NewMerger(normalize.MergeOptions{Wait: time.Hour, TTL: 26 * time.Hour, MaxEntities: 100}, nil, at)
			require.NoError(b, err)
			for i := range waiting {
				id := fmt.Sprintf("alert-%d", i)
				for _, text := range []string{trigger("t", fields{"AlertId": id}), entity("e", "User", "anna", fields{"AlertId": id})} {
					note, ok := noteOf(text)
					require.True(b, ok)
					m.Note(note, at)
				}
			}
			require.Equal(b, waiting, m.Stats().Pending)
			b.ReportAllocs()
			for b.Loop() {
				if len(m.Due(at.Now, 1)) > 0 {
					b.Fatal("an alert is due")
				}
			}
		})
	}
}
