package normalize_test

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
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

// BenchmarkHeld holds 10,000 alerts, each of a trigger and two entities, and
// tells what one of them takes in memory.
func BenchmarkHeld(b *testing.B) {
	const alerts = 10_000
	o := normalize.MergeOptions{Wait: time.Hour, TTL: 26 * time.Hour, MaxEntities: 100}
	var held uint64
	for b.Loop() {
		before := heap()
		m, err := normalize.NewMerger(o, nil, normalize.Arrival{Now: received})
		require.NoError(b, err)
		for i := range alerts {
			of := fields{"AlertId": fmt.Sprintf("90871bb2-2926-438c-88c1-%012d", i), "Data": strings.Repeat("x", 600)}
			for _, text := range []string{trigger("t", of), entity("e", "User", "anna", of), entity("f", "User", "berta", of)} {
				note, ok := noteOf(text)
				require.True(b, ok)
				m.Note(note, normalize.Arrival{Now: received, Known: uint64(i)})
			}
		}
		held = heap() - before
		require.Equal(b, alerts, m.Stats().Held)
	}
	b.ReportMetric(float64(held)/alerts, "held-B/alert")
}

// heap is the memory in use, garbage left out.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestForgottenAlertsTakeNoMemory: the turns of alerts that wait for contents stay
// a while when the alerts go for want of room. It measures the heap, and so runs
// beside no other test.
func TestForgottenAlertsTakeNoMemory(t *testing.T) { //nolint:paralleltest // see above
	const long, held, alerts = 50_000, 20, 200
	o := waiting()
	o.MaxKeys = held
	before := heap()
	m, err := normalize.NewMerger(o, nil, normalize.Arrival{Now: received})
	require.NoError(t, err)
	for i := range alerts {
		of := fields{"AlertId": strconv.Itoa(i), "Data": strings.Repeat("x", long)}
		for _, text := range []string{trigger("t", of), entity("e", "User", "anna", of)} {
			note, ok := noteOf(text)
			require.True(t, ok)
			m.Note(note, normalize.Arrival{Now: received, Known: 1})
		}
		m.Due(received, 0)
	}
	taken := heap() - before
	require.Equal(t, held, m.Stats().Held)
	assert.Less(t, taken, uint64(2*held*long))
}

// BenchmarkNote notes one entity more of an alert that has so many already.
func BenchmarkNote(b *testing.B) {
	for _, entities := range []int{1, 100, 1000, 10_000} {
		b.Run(fmt.Sprintf("entities=%d", entities), func(b *testing.B) {
			o := normalize.MergeOptions{Wait: time.Hour, TTL: 26 * time.Hour, MaxEntities: 100}
			m, err := normalize.NewMerger(o, nil, normalize.Arrival{Now: received})
			require.NoError(b, err)
			var changes []normalize.AlertChange
			for i := range entities {
				note, ok := noteOf(entity("id of user00000", "User", fmt.Sprintf("user%05d", i), nil))
				require.True(b, ok)
				m.Note(note, normalize.Arrival{Now: received})
			}
			// An earlier time is news, and leaves the alert as long as it is.
			at := received.Add(-3 * time.Hour)
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				at = at.Add(-time.Second)
				note, ok := noteOf(entity("id of user00000", "User", "user00000", fields{"CreationTime": at.Format("2006-01-02T15:04:05")}))
				require.True(b, ok)
				b.StartTimer()
				changes = m.Note(note, normalize.Arrival{Now: received})
			}
			require.Len(b, changes, 1)
		})
	}
}
