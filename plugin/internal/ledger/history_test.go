package ledger_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"office365/plugin/internal/ledger"
)

// history is a position that goes through listings, fetches and crashes, beside
// the API that it collects from and a file that holds what was stored.
type history struct {
	*rapid.T
	api      server
	position *ledger.Position
	stored   []ledger.Change
	finished map[string]int
	now      int
}

const historyOverlap = 120 // seconds

// TestAnyHistoryKeepsTheWatermarkBehindWhatIsNotDone runs random histories. At
// every step: no content that has become listable in time is older than the
// watermark unless it is done, what is remembered as done is what a listing may
// still show, a crash changes nothing, and the watermark never falls back.
func TestAnyHistoryKeepsTheWatermarkBehindWhatIsNotDone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := &history{T: t, api: server{contents: map[string]served{}}, position: ledger.NewPosition(), finished: map[string]int{}, now: 10}
		h.apply(h.position.Begin(at(0)))
		mark := at(0)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			h.now += rapid.IntRange(0, 200).Draw(t, "seconds")
			switch rapid.SampledFrom([]string{"publish", "publish", "list", "list", "finish", "finish", "fail", "crash"}).Draw(t, "step") {
			case "publish":
				h.publish()
			case "list":
				h.list()
			case "finish":
				h.finish()
			case "fail":
				h.fail()
			case "crash":
				h.crash()
			}
			next := h.position.Watermark(at(h.now - 3))
			require.False(t, next.Before(mark), "the watermark falls back from %v to %v", mark, next)
			mark = next
			h.check(mark)
		}
	})
}

func (h *history) apply(c ledger.Change) {
	h.stored = append(h.stored, c)
	h.position.Apply(c)
}

// publish adds contents, some with one contentCreated, that become listable up
// to overlap late.
func (h *history) publish() {
	created := max(0, h.now-rapid.IntRange(0, 60).Draw(h.T, "ago"))
	for range rapid.IntRange(1, 5).Draw(h.T, "siblings") {
		late := rapid.IntRange(h.now-created, historyOverlap-5).Draw(h.T, "late")
		h.api.contents[fmt.Sprint("c", len(h.api.contents))] = served{created: created, listable: created + late}
	}
}

// list lists some windows of the plan, in any order; each is complete, cut, or
// fails and leaves nothing. A content may be on two pages.
func (h *history) list() {
	plan := h.position.Plan(ledger.PlanOptions{
		Now: at(h.now), End: at(h.now - 3), Current: (historyOverlap + 60) * time.Second,
		Step: time.Duration(rapid.IntRange(60, 2000).Draw(h.T, "step")) * time.Second,
	})
	for _, w := range rapid.Permutation(append(plan.Backlog, plan.Current)).Draw(h.T, "windows") {
		kind := rapid.SampledFrom([]string{"whole", "whole", "cut", "fails"}).Draw(h.T, "listing")
		if w.Empty() || kind == "fails" {
			continue
		}
		contents := h.api.list(w, at(h.now))
		slices.SortFunc(contents, func(a, b ledger.Content) int { return a.Created.Compare(b.Created) })
		contents = append(contents, contents[:len(contents)/2]...)
		if kind == "cut" {
			contents = contents[:len(contents)/3]
		}
		c := h.position.Listed(ledger.Listing{
			Span: w, At: at(h.now), Overlap: historyOverlap * time.Second, Contents: contents, Cut: kind == "cut",
		})
		for _, known := range c.Known {
			require.Zero(h.T, h.finished[known.ID], "%s is done, and news again", known.ID)
		}
		h.apply(c)
	}
}

func (h *history) finish() {
	for _, id := range slices.Sorted(knownIDs(h.position)) {
		if rapid.Bool().Draw(h.T, "finished") {
			h.finished[id]++
			h.apply(h.position.Finished(id))
		}
	}
}

func (h *history) fail() {
	for _, id := range slices.Sorted(knownIDs(h.position)) {
		c, _ := h.position.Content(id)
		fault := rapid.SampledFrom([]ledger.Fault{ledger.FaultOwn, ledger.FaultElsewhere}).Draw(h.T, "fault")
		h.apply(h.position.Failed(c.AfterFailure(fault, at(h.now), 0)))
	}
}

// crash begins again from what was stored.
func (h *history) crash() {
	before := h.position
	h.position = ledger.NewPosition()
	for _, c := range h.stored {
		h.position.Apply(c)
	}
	require.Equal(h.T, before.Covered(), h.position.Covered())
	require.Equal(h.T, before.DoneCount(), h.position.DoneCount())
	want := slices.Sorted(knownIDs(before))
	require.Equal(h.T, want, slices.Sorted(knownIDs(h.position)))
	for _, id := range want {
		a, _ := before.Content(id)
		b, _ := h.position.Content(id)
		require.Equal(h.T, a, b)
	}
}

func (h *history) check(mark time.Time) {
	done := 0
	for id, c := range h.api.contents {
		require.LessOrEqual(h.T, h.finished[id], 1)
		if h.finished[id] == 0 {
			require.False(h.T, at(c.created).Before(mark), "%s of %v is not done, and the watermark is %v", id, at(c.created), mark)
		}
		if h.position.Done(id) {
			done++
			require.False(h.T, h.position.Covered().Contains(at(c.created)), "%s will never be listed again, and is remembered", id)
		}
	}
	require.Equal(h.T, done, h.position.DoneCount())
}

func TestStampsKeepTimesToTheNanosecondAndFarOnesFar(t *testing.T) {
	t.Parallel()
	for _, want := range []time.Time{{}, epoch.Add(123456700), time.Date(1969, 12, 31, 23, 0, 0, 1, time.UTC)} {
		require.Equal(t, want, ledger.StampOf(want).Time())
	}
	require.Less(t, ledger.StampOf(epoch), ledger.StampOf(epoch.Add(1)))
	require.True(t, ledger.StampOf(time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)).Time().After(epoch.AddDate(200, 0, 0)))
	require.True(t, ledger.StampOf(time.Date(2, 1, 1, 0, 0, 0, 0, time.UTC)).Time().Before(epoch.AddDate(-200, 0, 0)))
}
