package ledger_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"office365/plugin/internal/ledger"
)

func content(id string, created int) ledger.Content {
	return ledger.Content{ID: id, Created: at(created), Expires: at(created).Add(7 * 24 * time.Hour)}
}

func begun(origin int) *ledger.Position {
	p := ledger.NewPosition()
	p.Apply(p.Begin(at(origin)))
	return p
}

func TestListingCoversOnlyWhatIsOlderThanOverlap(t *testing.T) {
	t.Parallel()
	p := begun(0)
	p.Apply(p.Listed(ledger.Listing{Span: span(0, 1000), At: at(1003), Overlap: 600 * time.Second}))
	assert.Equal(t, ledger.Spans{span(0, 403)}, p.Covered())
	assert.Equal(t, at(403), p.Watermark(at(1000)))
}

func TestCutListingKeepsItsContentsAndCoversNothing(t *testing.T) {
	t.Parallel()
	p := begun(0)
	p.Apply(p.Listed(ledger.Listing{
		Span: span(0, 1000), At: at(90_000), Overlap: time.Minute, Cut: true,
		Contents: []ledger.Content{content("a", 5)},
	}))
	waiting, _ := p.KnownCount()
	assert.Equal(t, 1, waiting)
	assert.Empty(t, p.Covered())
}

func TestDoneContentIsRememberedUntilItsMomentIsCovered(t *testing.T) {
	t.Parallel()
	p := begun(0)
	listing := ledger.Listing{
		Span: span(0, 1000), At: at(1003), Overlap: 600 * time.Second,
		Contents: []ledger.Content{content("old", 100), content("new", 900)},
	}
	p.Apply(p.Listed(listing))
	p.Apply(p.Finished("old", "new", "unheard of"))
	assert.Equal(t, 1, p.DoneCount(), "a covered content needs no memory")
	assert.True(t, p.Done("new"))

	assert.Empty(t, p.Listed(ledger.Listing{
		Span: span(403, 1000), At: at(1003), Overlap: 600 * time.Second,
		Contents: []ledger.Content{content("new", 900)},
	}).Known, "done, so not news")

	p.Apply(p.Listed(ledger.Listing{Span: span(403, 1600), At: at(1603), Overlap: 600 * time.Second}))
	assert.Equal(t, 0, p.DoneCount())
	assert.Equal(t, ledger.Spans{span(0, 1003)}, p.Covered())
}

func TestContentOnTwoPagesBecomesKnownOnce(t *testing.T) {
	t.Parallel()
	p := begun(0)
	c := p.Listed(ledger.Listing{Span: span(0, 10), At: at(20), Contents: []ledger.Content{content("a", 1), content("a", 1)}})
	assert.Len(t, c.Known, 1)
}

func TestWatermarkWaitsForTheSlowestContent(t *testing.T) {
	t.Parallel()
	p := begun(0)
	p.Apply(p.Listed(ledger.Listing{
		Span: span(0, 1000), At: at(10_000), Overlap: time.Minute,
		Contents: []ledger.Content{content("a", 100), content("b", 200), content("c", 300)},
	}))
	assert.Equal(t, at(100), p.Watermark(at(2000)))
	p.Apply(p.Finished("c"))
	assert.Equal(t, at(100), p.Watermark(at(2000)))
	p.Apply(p.Finished("a"))
	assert.Equal(t, at(200), p.Watermark(at(2000)))
	p.Apply(p.Finished("b"))
	assert.Equal(t, at(1000), p.Watermark(at(2000)))
}

func TestPlanCutsWhatIsNotCovered(t *testing.T) {
	t.Parallel()
	const hour = 3600
	day := 24 * hour
	options := func(now int) ledger.PlanOptions {
		return ledger.PlanOptions{Now: at(now), End: at(now - 3), Current: 2 * time.Hour, Step: 24 * time.Hour}
	}
	tests := map[string]struct {
		position *ledger.Position
		now      int
		lost     ledger.Span
		current  ledger.Span
		backlog  []ledger.Span
	}{
		"first minute": {
			position: begun(0),
			now:      60,
			current:  span(0, 57),
		},
		"three days of backlog come oldest first": {
			position: begun(0),
			now:      2*day + 4*hour,
			current:  span(2*day+2*hour-3, 2*day+4*hour-3),
			backlog:  []ledger.Span{span(0, day), span(day, 2*day), span(2*day, 2*day+2*hour-3)},
		},
		"eight days away lose what the API does not offer": {
			position: begun(0),
			now:      8 * day,
			lost:     span(0, day+301),
			current:  span(8*day-2*hour-3, 8*day-3),
			backlog: []ledger.Span{
				span(day+301, 2*day), span(2*day, 3*day), span(3*day, 4*day), span(4*day, 5*day),
				span(5*day, 6*day), span(6*day, 7*day), span(7*day, 8*day-2*hour-3),
			},
		},
		"an origin in the future lists nothing": {
			position: begun(1000),
			now:      60,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan := tt.position.Plan(options(tt.now))
			assert.Equal(t, tt.lost, plan.Lost)
			assert.Equal(t, tt.current, plan.Current)
			assert.Equal(t, tt.backlog, plan.Backlog)
		})
	}
}

// server is the API as far as coverage is concerned.
type server struct {
	contents map[string]served
}

type served struct {
	created, listable int
}

func (s server) list(w ledger.Span, now time.Time) []ledger.Content {
	var out []ledger.Content
	for id, c := range s.contents {
		if w.Contains(at(c.created)) && !at(c.listable).After(now) {
			out = append(out, content(id, c.created))
		}
	}
	return out
}

// TestNothingIsLostOrDoneTwice runs a position against a server whose contents
// become listable up to overlap late, through any interleaving of listings that
// fail, are cut or succeed, fetches, and crashes, which leave what was stored.
func TestNothingIsLostOrDoneTwice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const overlap = 120
		api := server{contents: map[string]served{}}
		for i := range rapid.IntRange(0, 30).Draw(t, "contents") {
			created := rapid.IntRange(0, 3000).Draw(t, "created")
			late := rapid.IntRange(0, overlap-5).Draw(t, "late")
			api.contents[fmt.Sprintf("c%d", i)] = served{created: created, listable: created + late}
		}
		var stored []ledger.Change // the file
		position := ledger.NewPosition()
		finished := map[string]int{}
		apply := func(c ledger.Change) { stored = append(stored, c); position.Apply(c) }
		apply(position.Begin(at(0)))

		now := 0
		list := func(ok bool) {
			plan := position.Plan(ledger.PlanOptions{
				Now: at(now), End: at(now - 3),
				Current: (overlap + 60) * time.Second,
				Step:    time.Duration(rapid.IntRange(60, 2000).Draw(t, "step")) * time.Second,
			})
			require.True(t, plan.Lost.Empty())
			for _, w := range append(plan.Backlog, plan.Current) {
				if w.Empty() {
					continue
				}
				cut := !ok && rapid.Bool().Draw(t, "cut")
				if !ok && !cut {
					continue
				}
				apply(position.Listed(ledger.Listing{
					Span: w, At: at(now), Overlap: overlap * time.Second, Contents: api.list(w, at(now)), Cut: cut,
				}))
			}
		}
		finish := func() {
			ids := slices.Sorted(knownIDs(position))
			if len(ids) == 0 {
				return
			}
			id := rapid.SampledFrom(ids).Draw(t, "finished")
			finished[id]++
			apply(position.Finished(id))
		}
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			now += rapid.IntRange(0, 100).Draw(t, "seconds")
			switch rapid.SampledFrom([]string{"list", "fail", "finish", "finish", "crash"}).Draw(t, "step") {
			case "list":
				list(true)
			case "fail":
				list(false)
			case "finish":
				finish()
			case "crash":
				position = ledger.NewPosition()
				for _, c := range stored {
					position.Apply(c)
				}
			}
		}
		now += 10_000
		list(true)
		for waiting, _ := position.KnownCount(); waiting > 0; waiting, _ = position.KnownCount() {
			finish()
		}
		for id := range api.contents {
			require.Equal(t, 1, finished[id], "content %s, created %d, listable %d",
				id, api.contents[id].created, api.contents[id].listable)
		}
		require.Equal(t, at(now-overlap), position.Watermark(at(now-3)))
	})
}

func knownIDs(p *ledger.Position) func(func(string) bool) {
	ids := map[string]bool{}
	for c := range p.Known {
		ids[c.ID] = true
	}
	return maps.Keys(ids)
}

func TestBacklogLeavesOutWhatThisRoundHasListed(t *testing.T) {
	t.Parallel()
	p := begun(0)
	plan := p.Plan(ledger.PlanOptions{
		Now: at(7203), End: at(7200), Current: 2 * time.Hour, Step: 30 * time.Minute,
		Round: ledger.Spans{span(1800, 3600)},
	})
	assert.Equal(t, span(5400, 7200), plan.Current)
	assert.Equal(t, []ledger.Span{span(0, 1800), span(3600, 5400)}, plan.Backlog)
}

func TestContentListedOutsideItsWindowCountsAsInside(t *testing.T) {
	t.Parallel()
	p := begun(0)
	c := p.Listed(ledger.Listing{Span: span(100, 200), At: at(203), Overlap: time.Hour, Contents: []ledger.Content{
		content("before", 5), content("behind", 900), content("inside", 150),
	}})
	for _, k := range c.Known {
		assert.True(t, span(100, 200).Contains(k.Created), k.ID)
	}
}

func TestFaultsOfTwoKindsAreCountedApart(t *testing.T) {
	t.Parallel()
	c := content("a", 0)
	for range 30 {
		c = c.AfterFailure(ledger.FaultElsewhere, at(0), 0)
	}
	assert.False(t, c.LastAttempt(), "an outage is no reason to give up on the text")
	c = c.AfterFailure(ledger.FaultOwn, at(0), 0)
	assert.False(t, c.Quarantined)
	assert.Equal(t, 15*time.Second, c.NextTry.Sub(at(0)))
	for range 5 {
		c = c.AfterFailure(ledger.FaultOwn, at(0), 0)
	}
	c = c.AfterFailure(ledger.FaultElsewhere, at(0), 0)
	assert.True(t, c.Quarantined, "an outage does not release a content")
}

func TestRetriesGrowAndEndInQuarantine(t *testing.T) {
	t.Parallel()
	c := content("a", 0)
	var waits []time.Duration
	for !c.Quarantined {
		require.Equal(t, len(waits) == 4, c.LastAttempt(), "attempt %d", len(waits)+1)
		c = c.AfterFailure(ledger.FaultOwn, at(0), 0)
		waits = append(waits, c.NextTry.Sub(at(0)))
	}
	assert.Equal(t, []time.Duration{
		15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute,
	}, waits)
	for range 20 {
		c = c.AfterFailure(ledger.FaultOwn, at(0), 0.99)
	}
	assert.Less(t, c.NextTry.Sub(at(0)), 10*time.Hour, "it is retried until it expires")
	assert.True(t, c.LastAttempt())
}

func TestAnOutageOfTheServiceIsRetriedWithinMinutes(t *testing.T) {
	t.Parallel()
	c := content("a", 0)
	var elapsed time.Duration
	for !c.Quarantined {
		c = c.AfterFailure(ledger.FaultElsewhere, at(0), 0)
		wait := c.NextTry.Sub(at(0))
		require.LessOrEqual(t, wait, 5*time.Minute)
		elapsed += wait
	}
	assert.Greater(t, elapsed, 90*time.Minute, "an hour of 500s is not the content's fault")
}
