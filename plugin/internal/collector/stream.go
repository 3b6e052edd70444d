package collector

import (
	"context"
	"maps"
	"slices"
	"time"

	"office365/normalize"
	"office365/plugin/internal/activity"
	"office365/plugin/internal/config"
	"office365/plugin/internal/ledger"
)

// Bounds of what a stream lists when.
const (
	// endLag keeps the end of a window behind now: a content may become
	// listable a moment after its contentCreated.
	endLag = 3 * time.Second
	// maxKnown is how many known contents of one type make its listing wait.
	maxKnown = 200_000
	// longListing is how many pages make a listing of the current window so
	// long that it is made every fullEvery only, with the last recent of it in between.
	longListing = 10
	fullEvery   = 30 * time.Minute
	recent      = 10 * time.Minute
	// clockTolerance is a difference of the clocks that is no matter: the server
	// tells whole seconds, and an answer takes its time.
	clockTolerance = 5 * time.Second
)

// stream lists one content type. It is one goroutine; its fields are its own.
type stream struct {
	c  *Collector
	ct normalize.ContentType

	fromEarliest bool // the state was damaged: begin as far back as the API allows
	begun        bool // this run has set the origin
	corrected    bool // the origin has been held against the server's clock

	nextStart time.Time // of the subscription by us, not before

	step      time.Duration // longest window
	nextTurn  time.Time     // of the current window
	round     ledger.Spans  // listed since the current window was last listed as a whole
	lastFull  time.Time     // when that was
	lastPages int           // that this round took, of what will have to be listed again

	currentFailures int                // in a row
	failures        map[window]failure // windows of the backlog that could not be listed
}

// window knows a window of the backlog again in the next plan. Of its ends one
// stays where it is: the end of the newest window moves on with the time, the
// start of the oldest with the reach.
type window struct {
	edge  time.Time
	start bool // edge is where it begins, not where it ends
}

func (s *stream) known(w ledger.Span) window {
	if w.To.Equal(w.To.Truncate(s.step)) {
		return window{edge: w.To}
	}
	return window{edge: w.From, start: true}
}

// failure is a window that could not be listed.
type failure struct {
	attempts int
	nextTry  time.Time
}

func newStream(c *Collector, ct normalize.ContentType, fromEarliest bool) *stream {
	return &stream{c: c, ct: ct, fromEarliest: fromEarliest, step: ledger.MaxWindow, failures: map[window]failure{}}
}

// run lists until the context ends: the current window first in every interval,
// and the backlog in the time between, without waiting.
func (s *stream) run(ctx context.Context) {
	for !s.begin() {
		if !sleep(ctx, time.Minute) {
			return
		}
	}
	// What may be wrong with the subscription the listing tells as well, so one
	// attempt is enough.
	if err := s.subscribe(ctx); err != nil && !sleep(ctx, s.handle(ctx, err, 1)) {
		return
	}
	for {
		s.correctOrigin()
		if !sleep(ctx, s.turn(ctx)) {
			return
		}
	}
}

// begin sets the origin of a position that has none; false when that cannot be
// stored.
func (s *stream) begin() bool {
	s.c.journal.read(s.ct, func(p *ledger.Position) { s.begun = p.Origin().IsZero() })
	return !s.begun || s.setOrigin(s.startFrom().Time(s.c.started))
}

func (s *stream) startFrom() config.StartFrom {
	if s.fromEarliest {
		return config.StartFrom{Kind: config.StartEarliest}
	}
	return s.c.settings.StartFrom
}

// correctOrigin moves the origin back, once the server's clock is known and
// turns out to be behind ours: an origin by our clock, in the server's future,
// would lose what comes until then.
func (s *stream) correctOrigin() {
	ahead, known := s.c.client.ClockOffset(s.c.now())
	if s.corrected || !known {
		return
	}
	s.corrected = true
	if ahead > -clockTolerance || s.startFrom().Kind == config.StartAt {
		return
	}
	var origin time.Time
	s.c.journal.read(s.ct, func(p *ledger.Position) { origin = p.Origin() })
	if s.begun || origin.After(s.c.serverNow()) {
		s.corrected = s.setOrigin(origin.Add(ahead))
	}
}

func (s *stream) setOrigin(origin time.Time) bool {
	_, err := s.c.journal.change(s.ct, func(p *ledger.Position) ledger.Change { return p.Begin(origin) })
	if err != nil {
		s.c.reportState(err)
	}
	return err == nil
}

// turn makes one listing, the most urgent one, and tells how long to wait until
// the next is due.
func (s *stream) turn(ctx context.Context) time.Duration {
	if s.full() {
		return s.c.settings.Interval
	}
	now := s.c.now()
	plan := s.plan()
	if !plan.Lost.Empty() && s.clocksAgree(now) {
		s.skip(plan.Lost)
	}
	if !now.Before(s.nextTurn) {
		return s.current(ctx, now, plan.Current)
	}
	s.forgetFailures(plan.Backlog)
	for _, span := range plan.Backlog {
		if now.Before(s.failures[s.known(span)].nextTry) {
			continue
		}
		return s.older(ctx, span)
	}
	return s.untilNext(now)
}

// current lists the current window and sets its next turn.
func (s *stream) current(ctx context.Context, now time.Time, window ledger.Span) time.Duration {
	s.nextTurn = now.Add(s.c.settings.Interval)
	full := s.lastPages <= longListing || now.Sub(s.lastFull) >= fullEvery
	if !full {
		window.From = ledger.Later(window.From, window.To.Add(-max(recent, 2*s.c.settings.Interval)))
	}
	if window.Empty() {
		return 0
	}
	result, err := s.list(ctx, window)
	if err != nil {
		s.currentFailures++
		wait := s.handle(ctx, err, s.currentFailures)
		s.nextTurn = s.c.now().Add(wait)
		return s.pause(err, wait)
	}
	s.currentFailures = 0
	switch {
	case result.cut:
		s.nextTurn = now // again, in halves
	case full:
		s.lastFull, s.lastPages = now, result.pages
		s.round = ledger.Spans{window}
	}
	return 0
}

// older lists one window of the backlog.
func (s *stream) older(ctx context.Context, span ledger.Span) time.Duration {
	key := s.known(span) // before a cut changes the step
	result, err := s.list(ctx, span)
	if err == nil {
		delete(s.failures, key)
		if !result.cut {
			s.round = s.round.Add(span)
		}
		if span.To.After(s.c.serverNow().Add(-s.c.settings.Overlap)) {
			s.lastPages += result.pages
		}
		return 0
	}
	f := s.failures[key]
	f.attempts++
	wait := s.handle(ctx, err, f.attempts)
	f.nextTry = s.c.now().Add(wait)
	s.failures[key] = f
	return s.pause(err, wait)
}

// pause is how long the stream has to wait after an error: not at all when only
// one window is to blame, for its neighbors may fare better.
func (s *stream) pause(err error, wait time.Duration) time.Duration {
	switch activity.ClassOf(err) {
	case activity.Retry, activity.PageLost, activity.Window:
		return 0
	default:
		return wait
	}
}

// forgetFailures keeps the failures of windows that are still to be listed.
func (s *stream) forgetFailures(backlog []ledger.Span) {
	maps.DeleteFunc(s.failures, func(key window, _ failure) bool {
		return !slices.ContainsFunc(backlog, func(w ledger.Span) bool { return s.known(w) == key })
	})
}

// untilNext is the time until the current window, or a window of the backlog
// that has failed, is due.
func (s *stream) untilNext(now time.Time) time.Duration {
	next := s.nextTurn
	for _, f := range s.failures {
		next = ledger.Earlier(next, f.nextTry)
	}
	return max(0, next.Sub(now))
}

// full reports whether so many contents are known that listing has to wait: a
// content known by name can be fetched until it expires, so that costs nothing.
func (s *stream) full() bool {
	var waiting int
	s.c.journal.read(s.ct, func(p *ledger.Position) { waiting, _ = p.KnownCount() })
	return waiting >= maxKnown
}

func (s *stream) plan() ledger.Plan {
	now := s.c.now()
	var plan ledger.Plan
	s.c.journal.read(s.ct, func(p *ledger.Position) {
		plan = p.Plan(ledger.PlanOptions{
			Now:     s.judgeNow(now),
			Round:   s.round,
			End:     s.c.client.ServerTime(now).Add(-endLag),
			Current: s.c.settings.Overlap + 2*s.c.settings.Interval,
			Step:    s.step,
		})
	})
	return plan
}

// judgeNow is the server's time, which the reach is measured by, or ours until
// that is known.
func (s *stream) judgeNow(now time.Time) time.Time {
	ahead, _ := s.c.client.ClockOffset(now)
	return now.Add(ahead)
}

// clocksAgree reports whether our clock and the server's are so near that what
// is out of reach by the server's may be given up for good. One answer with a
// wrong Date must not do that.
func (s *stream) clocksAgree(now time.Time) bool {
	ahead, known := s.c.client.ClockOffset(now)
	if ahead.Abs() <= time.Hour {
		s.c.trouble.clear("clock")
		return known
	}
	s.c.trouble.report("clock", "the clock of this machine and the server's differ by more than an hour: "+
		"the server's is used, and nothing is given up as too old meanwhile",
		"to_do", "set this machine's clock, for example with NTP", "server_ahead", ahead.Round(time.Second))
	return false
}

// skip counts as covered what the API does not offer any more, and says so.
func (s *stream) skip(lost ledger.Span) {
	if _, err := s.c.journal.change(s.ct, func(p *ledger.Position) ledger.Change { return p.Skip(lost) }); err != nil {
		s.c.reportState(err)
		return
	}
	s.c.stats.of(s.ct).beyondReach.Add(int64(lost.Length() / time.Second))
	log := s.c.log.Error
	// start_from earliest begins at the edge itself, which moves on while the
	// first request is made.
	if lost.Length() < time.Minute {
		log = s.c.log.Debug
	}
	log("beyond the API's seven days: content created in this time was never listed and is lost",
		"to_do", "nothing can bring it back here, a search in Microsoft Purview still finds the records; see why collection stood still", "content_type", s.ct, "from", lost.From, "to", lost.To, "hours", lost.Length().Hours())
}
