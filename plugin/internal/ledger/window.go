package ledger

import "time"

// Limits of one listing.
const (
	// MaxWindow is the longest window of a listing; the API answers a longer
	// one with an error or, worse, in part (Microsoft Learn, "List available
	// content", read 2026-06).
	MaxWindow = 24 * time.Hour
	// MinWindow is what halving ends at.
	MinWindow = time.Minute
	// Reach is how far back a listing may begin: seven days less five minutes,
	// so that a request that waits for its quota does not pass the edge.
	Reach = 7*24*time.Hour - 5*time.Minute
)

// Plan is what to list next.
type Plan struct {
	Lost    Span   // uncovered, and out of the API's reach by now
	Current Span   // the newest stretch, to be listed first in every interval
	Backlog []Span // uncovered before it and not listed in this round, oldest first, each at most Step long
}

// PlanOptions bound the windows of a Plan.
type PlanOptions struct {
	Now     time.Time     // what the reach is measured from: the server's time, for it is the judge
	End     time.Time     // end of the newest window, by the earlier of both
	Current time.Duration // how far the current window reaches back
	Step    time.Duration // longest window
	// Round is what was listed since the current window's last turn. What is
	// younger than overlap stays uncovered by its listing; without Round it
	// would be listed again at once, and for ever.
	Round Spans
}

// Plan cuts what is not covered into windows.
func (p *Position) Plan(o PlanOptions) Plan {
	end := o.End.UTC().Truncate(time.Second)
	// Rounded up, so that the start never falls behind the reach.
	reach := o.Now.Add(-Reach).UTC().Truncate(time.Second).Add(time.Second)
	var plan Plan
	gaps := p.covered.Gaps(Span{From: p.origin, To: end})
	if len(gaps) > 0 && gaps[0].From.Before(reach) {
		plan.Lost = Span{From: gaps[0].From, To: Earlier(reach, end)}
		gaps = p.covered.Add(plan.Lost).Gaps(Span{From: p.origin, To: end})
	}
	if len(gaps) == 0 {
		return plan
	}
	from := end.Add(-min(o.Current, o.Step, MaxWindow))
	// The newest gap reaches to end, for nothing younger than overlap is covered.
	last := gaps[len(gaps)-1]
	plan.Current = last.Intersect(Span{From: from, To: end})
	older := Span{From: Later(p.origin, reach), To: from}
	for _, gap := range o.Round.union(p.covered).Gaps(older) {
		plan.Backlog = appendWindows(plan.Backlog, gap, min(o.Step, MaxWindow))
	}
	return plan
}

// appendWindows cuts a span at whole multiples of step, so that the end of the
// oldest window stays where it is while the reach moves its start on.
func appendWindows(dst []Span, s Span, step time.Duration) []Span {
	for from := s.From; from.Before(s.To); {
		to := Earlier(from.Truncate(step).Add(step), s.To)
		dst = append(dst, Span{From: from, To: to})
		from = to
	}
	return dst
}
