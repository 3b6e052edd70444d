package ledger

import (
	"time"
)

// Content is one content of the API that is known but not done: what its
// listing said of it, and how the attempts to fetch it went.
type Content struct {
	ID      string
	Created time.Time // contentCreated
	Expires time.Time // contentExpiration; zero when the listing did not say

	Attempts    int       // fetches in a row that failed by Fault
	Fault       Fault     // of the last of them
	NextTry     time.Time // not to be fetched before; zero = at once
	Quarantined bool      // given up on for now: retried slowly until it expires, in nobody's way
}

// Mark is a content that is done.
type Mark struct {
	ID      string
	Created time.Time
}

// Change is one step of a Position: what a transaction stores and Apply brings
// to memory. A zero field means unchanged.
type Change struct {
	Origin  time.Time
	Covered Spans     // the whole set, which is a few spans
	Known   []Content // new, or altered
	Done    []Mark    // known until now, and not covered yet: to be remembered
	Drop    []string  // known until now, and covered: to be forgotten at once
	Forget  []string  // done, and covered now: no listing will show them again
}

// Empty reports whether there is nothing to store.
func (c Change) Empty() bool {
	return c.Origin.IsZero() && c.Covered == nil && len(c.Known) == 0 &&
		len(c.Done) == 0 && len(c.Drop) == 0 && len(c.Forget) == 0
}

// Position is how far the collection of one content type has come.
type Position struct {
	origin  time.Time
	covered Spans
	known   map[string]Content
	done    map[string]time.Time // id → contentCreated
}

// NewPosition returns the empty position, which has no origin yet.
func NewPosition() *Position {
	return &Position{known: map[string]Content{}, done: map[string]time.Time{}}
}

// Begin sets the origin, before which nothing is ever collected.
func (p *Position) Begin(origin time.Time) Change {
	return Change{Origin: origin.UTC().Truncate(time.Second)}
}

// Origin is the first moment to be collected; zero before Begin.
func (p *Position) Origin() time.Time { return p.origin }

// Covered returns the covered spans; not to be altered.
func (p *Position) Covered() Spans { return p.covered }

// Content returns a known content.
func (p *Position) Content(id string) (Content, bool) {
	c, ok := p.known[id]
	return c, ok
}

// Known calls yield with every content that is known and not done, in no order.
func (p *Position) Known(yield func(Content) bool) {
	for _, c := range p.known {
		if !yield(c) {
			return
		}
	}
}

// KnownCount is the number of contents known and not done, quarantine left out.
func (p *Position) KnownCount() (waiting, quarantined int) {
	for _, c := range p.known {
		if c.Quarantined {
			quarantined++
		}
	}
	return len(p.known) - quarantined, quarantined
}

// DoneCount is the number of done contents that are still remembered.
func (p *Position) DoneCount() int { return len(p.done) }

// Done reports whether the content is done and remembered as such.
func (p *Position) Done(id string) bool {
	_, ok := p.done[id]
	return ok
}

// Listing is one complete listing, or one that was cut short.
type Listing struct {
	Span     Span
	At       time.Time // when its first page was asked for, by the earlier of both clocks
	Overlap  time.Duration
	Contents []Content
	Cut      bool // not read to its last page: its contents count, its span does not
}

// Listed takes a listing in: contents not seen before become known, and what it
// covers is covered. A content whose contentCreated lies outside the window, as
// no content should, counts as of the window's nearer end: what its listing
// leaves open is where it will be listed again. A listing of [a, b) made at L covers [a, min(b, L−overlap)).
func (p *Position) Listed(l Listing) Change {
	var c Change
	fresh := make(map[string]bool, len(l.Contents))
	for _, content := range l.Contents {
		if _, known := p.known[content.ID]; known || p.Done(content.ID) || fresh[content.ID] {
			continue
		}
		fresh[content.ID] = true
		content.Created = clamp(content.Created, l.Span)
		c.Known = append(c.Known, content)
	}
	if l.Cut {
		return c
	}
	covers := Span{From: l.Span.From, To: Earlier(l.Span.To, l.At.Add(-l.Overlap).UTC().Truncate(time.Second))}
	if covers.Empty() {
		return c
	}
	return p.cover(c, covers)
}

func clamp(t time.Time, s Span) time.Time {
	if s.Empty() {
		return t
	}
	return Earlier(Later(t, s.From), s.To.Add(-time.Nanosecond))
}

// Skip counts a span as covered although nothing listed it: the API does not
// offer it any more.
func (p *Position) Skip(s Span) Change {
	return p.cover(Change{}, s)
}

func (p *Position) cover(c Change, s Span) Change {
	c.Covered = p.covered.Add(s)
	for id, created := range p.done {
		if c.Covered.Contains(created) {
			c.Forget = append(c.Forget, id)
		}
	}
	return c
}

// Finished takes contents out of the known ones: handed over and arrived, or
// gone. Those that a listing may still show are remembered as done. Ids that
// are not known are passed over.
func (p *Position) Finished(ids ...string) Change {
	var c Change
	for _, id := range ids {
		content, ok := p.known[id]
		switch {
		case !ok:
		case p.covered.Contains(content.Created):
			c.Drop = append(c.Drop, id)
		default:
			c.Done = append(c.Done, Mark{ID: id, Created: content.Created})
		}
	}
	return c
}

// Failed notes a failed attempt: the caller has set Attempts, NextTry and
// Quarantined. A content that is not known is passed over.
func (p *Position) Failed(content Content) Change {
	if _, ok := p.known[content.ID]; !ok {
		return Change{}
	}
	return Change{Known: []Content{content}}
}

// Apply brings a change to memory, after it has been stored.
func (p *Position) Apply(c Change) {
	if !c.Origin.IsZero() {
		p.origin = c.Origin
	}
	if c.Covered != nil {
		p.covered = c.Covered
	}
	for _, content := range c.Known {
		p.known[content.ID] = content
	}
	for _, id := range c.Drop {
		delete(p.known, id)
	}
	for _, m := range c.Done {
		delete(p.known, m.ID)
		p.done[m.ID] = m.Created
	}
	for _, id := range c.Forget {
		delete(p.done, id)
	}
}

// Watermark is the oldest moment that is not yet covered and done: everything
// before it has been listed for good and handed over. It is derived, never
// stored. end is the end of what can be listed now.
func (p *Position) Watermark(end time.Time) time.Time {
	mark := end
	if gaps := p.covered.Gaps(Span{From: p.origin, To: end}); len(gaps) > 0 {
		mark = gaps[0].From
	}
	for _, c := range p.known {
		if c.Created.Before(mark) {
			mark = c.Created
		}
	}
	return mark
}
