package dedup_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"office365/normalize"
	"office365/plugin/internal/dedup"
)

func TestPackMergesWhatIsDoneAndKeepsTheNamesOfTheRest(t *testing.T) {
	t.Parallel()
	parts := []dedup.Part{
		{Type: normalize.AuditGeneral, ContentID: "a", Created: epoch.Add(time.Hour), IDs: []dedup.Identity{numbered(1)}},
		{Type: normalize.AuditGeneral, ContentID: "half", Created: epoch, IDs: []dedup.Identity{numbered(2)}},
		{Type: normalize.AuditGeneral, ContentID: "b", Created: epoch, IDs: []dedup.Identity{numbered(3), numbered(4)}},
		{Type: normalize.DLPAll, ContentID: "a", Created: epoch, IDs: []dedup.Identity{numbered(5)}},
	}
	p := dedup.NewPack(9, epoch, parts, func(_ normalize.ContentType, id string) bool { return id != "half" })
	assert.Equal(t, []dedup.Part{
		parts[1],
		{Type: normalize.AuditGeneral, Created: epoch.Add(time.Hour), IDs: []dedup.Identity{numbered(1), numbered(3), numbered(4)}},
		{Type: normalize.DLPAll, Created: epoch, IDs: []dedup.Identity{numbered(5)}},
	}, p.Parts)
}

func TestTwoPacksWithOneIdentityTakeOutOne(t *testing.T) {
	t.Parallel()
	s := dedup.NewSet(dedup.Limits{Window: time.Hour, Max: 100}, []dedup.Pack{
		pack(1, "a", epoch, 1), pack(2, "b", epoch, 1, 2),
	})
	s.Evict([]uint64{1})
	require.True(t, s.Add(numbered(3)), "takes the place of what was evicted")
	s.Evict([]uint64{2})
	assert.False(t, s.Add(numbered(3)), "the second pack must not take it out")
}

// TestAnyHistoryLeavesWhatIsInTheWindowOrNotDone drives the set through batches
// of contents that are done at once or later, restarts and evictions, beside a
// plain model: what is in the window and under the maximum is remembered,
// what belongs to a content that is not done is remembered whatever the limits,
// and what is remembered beyond that is bounded.
func TestAnyHistoryLeavesWhatIsInTheWindowOrNotDone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limits := dedup.Limits{Window: time.Hour, Max: rapid.IntRange(0, 40).Draw(t, "max")}
		h := &history{T: t, limits: limits, set: dedup.NewSet(limits, nil), undone: map[string]bool{}, now: epoch}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			h.now = h.now.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "minutes")) * time.Minute)
			switch rapid.SampledFrom([]string{"batch", "batch", "batch", "finish", "restart", "evict"}).Draw(t, "step") {
			case "batch":
				h.batch()
			case "finish":
				for id := range h.undone {
					delete(h.undone, id)
				}
			case "restart":
				h.restart()
			case "evict":
				h.evict()
			}
			h.check()
		}
	})
}

type history struct {
	*rapid.T
	limits dedup.Limits
	set    *dedup.Set
	stored []dedup.Pack // the file
	undone map[string]bool
	now    time.Time
	next   uint64 // identity, content
}

func (h *history) isUndone(_ normalize.ContentType, id string) bool { return h.undone[id] }

func (h *history) batch() {
	var parts []dedup.Part
	for range rapid.IntRange(1, 4).Draw(h.T, "contents") {
		h.next++
		part := dedup.Part{Type: normalize.AuditExchange, ContentID: fmt.Sprint("c", h.next), Created: h.now}
		for range rapid.IntRange(1, 6).Draw(h.T, "records") {
			h.next++
			require.True(h.T, h.set.Add(numbered(h.next)))
			require.False(h.T, h.set.Add(numbered(h.next)), "a repeat within the batch")
			part.IDs = append(part.IDs, numbered(h.next))
		}
		if rapid.IntRange(0, 3).Draw(h.T, "half") == 0 {
			h.undone[part.ContentID] = true
		}
		parts = append(parts, part)
	}
	h.next++
	p := dedup.NewPack(h.next, h.now, parts, func(ct normalize.ContentType, id string) bool { return !h.isUndone(ct, id) })
	h.stored = append(h.stored, p)
	h.set.Keep(p)
}

// restart is a crash after the last commit.
func (h *history) restart() { h.set = dedup.NewSet(h.limits, h.stored) }

func (h *history) evict() {
	stale := h.set.Stale(h.now, h.isUndone)
	h.stored = slices.DeleteFunc(h.stored, func(p dedup.Pack) bool { return slices.Contains(stale, p.Seq) })
	h.set.Evict(stale)
	free := 0 // identities that nothing keeps
	for _, p := range h.stored {
		if !h.held(p) {
			free += count(p)
			require.False(h.T, p.At.Before(h.now.Add(-h.limits.Window)), "a pack out of the window stays")
		}
	}
	if free > 0 {
		require.LessOrEqual(h.T, h.set.Len(), h.limits.Max, "more than the maximum, and some need not be kept")
	}
	require.False(h.T, free > 0 && h.set.Over())
}

func (h *history) held(p dedup.Pack) bool {
	return slices.ContainsFunc(p.Parts, func(part dedup.Part) bool { return h.undone[part.ContentID] })
}

func count(p dedup.Pack) (n int) {
	for _, part := range p.Parts {
		n += len(part.IDs)
	}
	return n
}

// check asks for every identity of the file: all are remembered, and no other.
func (h *history) check() {
	total := 0
	for _, p := range h.stored {
		total += count(p)
		for _, part := range p.Parts {
			for _, id := range part.IDs {
				require.False(h.T, h.set.Add(id), "forgotten")
			}
		}
	}
	require.Equal(h.T, total, h.set.Len())
}
