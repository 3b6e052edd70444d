package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"office365/plugin/internal/ledger"
)

// epoch is where the tests count their seconds from.
var epoch = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func at(second int) time.Time { return epoch.Add(time.Duration(second) * time.Second) }

func span(from, to int) ledger.Span { return ledger.Span{From: at(from), To: at(to)} }

func TestSpansAreASetOfSeconds(t *testing.T) {
	t.Parallel()
	const seconds = 40
	rapid.Check(t, func(t *rapid.T) {
		var spans ledger.Spans
		var model [seconds]bool
		for range rapid.IntRange(0, 12).Draw(t, "adds") {
			from := rapid.IntRange(0, seconds-1).Draw(t, "from")
			to := rapid.IntRange(0, seconds).Draw(t, "to")
			before := append(ledger.Spans(nil), spans...)
			grown := spans.Add(span(from, to))
			require.Equal(t, before, append(ledger.Spans(nil), spans...), "Add alters its receiver")
			spans = grown
			for i := from; i < to; i++ {
				model[i] = true
			}
		}
		for i := range spans {
			require.False(t, spans[i].Empty())
			if i > 0 {
				require.True(t, spans[i-1].To.Before(spans[i].From), "spans touch or are out of order: %v", spans)
			}
		}
		gaps := ledger.Spans(spans.Gaps(span(0, seconds)))
		for i := range seconds {
			require.Equal(t, model[i], spans.Contains(at(i)), "second %d of %v", i, spans)
			require.Equal(t, !model[i], gaps.Contains(at(i)), "second %d of the gaps %v", i, gaps)
		}
	})
}

func TestSpanIntersectMayBeEmpty(t *testing.T) {
	t.Parallel()
	assert.Equal(t, span(3, 5), span(0, 5).Intersect(span(3, 9)))
	assert.True(t, span(0, 2).Intersect(span(3, 9)).Empty())
	assert.Zero(t, span(5, 2).Length())
}
