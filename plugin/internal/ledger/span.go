package ledger

import (
	"slices"
	"time"
)

// Span is a half-open stretch of contentCreated, [From, To), in whole seconds of
// UTC: the API takes window ends in whole seconds.
type Span struct {
	From, To time.Time
}

// Empty reports whether the span holds no moment.
func (s Span) Empty() bool { return !s.From.Before(s.To) }

// Contains reports whether t lies in the span.
func (s Span) Contains(t time.Time) bool { return !t.Before(s.From) && t.Before(s.To) }

// Length is the time from From to To, zero for an empty span.
func (s Span) Length() time.Duration {
	if s.Empty() {
		return 0
	}
	return s.To.Sub(s.From)
}

// Intersect is the part of s that lies in o.
func (s Span) Intersect(o Span) Span {
	return Span{From: Later(s.From, o.From), To: Earlier(s.To, o.To)}
}

// Spans is a set of moments: sorted, disjoint, and no two spans touch.
type Spans []Span

// Add returns the set with s in it; the receiver is left as it was.
func (ss Spans) Add(s Span) Spans {
	if s.Empty() {
		return ss
	}
	out := make(Spans, 0, len(ss)+1)
	for i, o := range ss {
		if o.To.Before(s.From) {
			out = append(out, o)
			continue
		}
		if s.To.Before(o.From) {
			out = append(out, s)
			return append(out, ss[i:]...)
		}
		s = Span{From: Earlier(s.From, o.From), To: Later(s.To, o.To)}
	}
	return append(out, s)
}

// union returns the moments that are in either set.
func (ss Spans) union(others Spans) Spans {
	for _, o := range others {
		ss = ss.Add(o)
	}
	return ss
}

// Gaps returns the parts of within that are not in the set, oldest first.
func (ss Spans) Gaps(within Span) []Span {
	var gaps []Span
	from := within.From
	for _, o := range ss {
		if !o.From.Before(within.To) {
			break
		}
		if gap := (Span{From: from, To: o.From}); !gap.Empty() {
			gaps = append(gaps, gap)
		}
		from = Later(from, o.To)
	}
	if gap := (Span{From: from, To: within.To}); !gap.Empty() {
		gaps = append(gaps, gap)
	}
	return gaps
}

// Contains reports whether t lies in the set.
func (ss Spans) Contains(t time.Time) bool {
	i, found := slices.BinarySearchFunc(ss, t, func(s Span, t time.Time) int { return s.From.Compare(t) })
	if found {
		return true
	}
	return i > 0 && ss[i-1].Contains(t)
}

// Earlier is the earlier of two times.
func Earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// Later is the later of two times.
func Later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
