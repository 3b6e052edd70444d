package ledger

import (
	"maps"
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
	Drop    []Mark    // known until now, and covered: to be forgotten at once
	Forget  []Mark    // done, and covered now: no listing will show them again
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
	known   map[string]entry
	done    map[string]Stamp // id → contentCreated
	most    int              // contents that were known at once, since known was last made
}

// entry is a known content without its id. There may be 200,000 of each type,
// and few have failed.
type entry struct {
	created, expires Stamp
	failed           *Content // what there is to know once it has failed; nil before
}

func entryOf(c Content) entry {
	e := entry{created: StampOf(c.Created), expires: StampOf(c.Expires)}
	if c.Attempts != 0 || c.Fault != 0 || c.Quarantined || !c.NextTry.IsZero() {
		e.failed = &c
	}
	return e
}

func (e entry) content(id string) Content {
	if e.failed != nil {
		return *e.failed
	}
	return Content{ID: id, Created: e.created.Time(), Expires: e.expires.Time()}
}

// NewPosition returns the empty position, which has no origin yet.
func NewPosition() *Position {
	return &Position{known: map[string]entry{}, done: map[string]Stamp{}}
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
	e, ok := p.known[id]
	if !ok {
		return Content{}, false
	}
	return e.content(id), true
}

// Known calls yield with every content that is known and not done, in no order.
func (p *Position) Known(yield func(Content) bool) {
	for id, e := range p.known {
		if !yield(e.content(id)) {
			return
		}
	}
}

// KnownCount is the number of contents known and not done, quarantine left out.
func (p *Position) KnownCount() (waiting, quarantined int) {
	for _, e := range p.known {
		if e.failed != nil && e.failed.Quarantined {
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
		if t := created.Time(); c.Covered.Contains(t) {
			c.Forget = append(c.Forget, Mark{ID: id, Created: t})
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
		e, ok := p.known[id]
		mark := Mark{ID: id, Created: e.created.Time()}
		switch {
		case !ok:
		case p.covered.Contains(mark.Created):
			c.Drop = append(c.Drop, mark)
		default:
			c.Done = append(c.Done, mark)
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
		p.known[content.ID] = entryOf(content)
	}
	for _, m := range c.Drop {
		delete(p.known, m.ID)
	}
	for _, m := range c.Done {
		delete(p.known, m.ID)
		p.done[m.ID] = StampOf(m.Created)
	}
	for _, m := range c.Forget {
		delete(p.done, m.ID)
	}
	p.shrink()
}

// shrink gives memory back after a backlog: a map keeps the room that it once
// needed.
func (p *Position) shrink() {
	p.most = max(p.most, len(p.known))
	if p.most < 1000 || len(p.known) > p.most*3/4 {
		return
	}
	known := make(map[string]entry, len(p.known))
	maps.Copy(known, p.known)
	p.known, p.most = known, len(known)
}

// Watermark is the oldest moment that is not yet covered and done: everything
// before it has been listed for good and handed over. It is derived, never
// stored. end is the end of what can be listed now.
func (p *Position) Watermark(end time.Time) time.Time {
	mark := end
	if gaps := p.covered.Gaps(Span{From: p.origin, To: end}); len(gaps) > 0 {
		mark = gaps[0].From
	}
	oldest := StampOf(mark)
	for _, e := range p.known {
		oldest = min(oldest, e.created)
	}
	return Earlier(mark, oldest.Time())
}
