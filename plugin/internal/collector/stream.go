package collector

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"office365/normalize"
	"office365/plugin/internal/activity"
	"office365/plugin/internal/auth"
	"office365/plugin/internal/config"
	"office365/plugin/internal/ledger"
)

// Bounds of listing.
const (
	// endLag keeps the end of a window behind now: a content may become
	// listable a moment after its contentCreated.
	endLag = 3 * time.Second
	// cutAfter is how many contents end a listing: what it found is kept, and
	// the window is halved. It bounds what one transaction has to store.
	cutAfter = 20_000
	// growBelow is how few contents let a halved window grow again.
	growBelow = cutAfter / 4
	// maxKnown is how many known contents of one type make its listing wait.
	maxKnown = 200_000
	// longListing is how many pages make a listing of the current window so
	// long that it is made every fullEvery only, with the last recent of it in between.
	longListing = 10
	fullEvery   = 30 * time.Minute
	recent      = 10 * time.Minute
	// startEvery is how often a subscription is started: the API refuses more
	// (Microsoft Learn, "Start a subscription", since 2025-08).
	startEvery = 15 * time.Minute
)

// pageAttempts is how often a page is asked for: page links go stale, so that
// longer is not better.
const pageAttempts = 3

// Waits of a stream after an error.
const (
	listRetryFirst = 5 * time.Second
	listRetryMost  = 5 * time.Minute
)

// stream lists one content type. It is one goroutine; its fields are its own.
type stream struct {
	c  *Collector
	ct normalize.ContentType

	fromEarliest bool // the state was damaged: begin as far back as the API allows
	begun        bool // this run has set the origin, and may still correct it

	startedAt time.Time // of the subscription, by us

	step      time.Duration // longest window
	nextTurn  time.Time     // of the current window
	lastFull  time.Time     // complete listing of the current window
	lastPages int           // that it took

	currentFailures int                   // in a row
	failures        map[time.Time]failure // windows of the backlog that could not be listed, by their From
}

// failure is a window that could not be listed.
type failure struct {
	attempts int
	nextTry  time.Time
}

func newStream(c *Collector, ct normalize.ContentType, fromEarliest bool) *stream {
	return &stream{c: c, ct: ct, fromEarliest: fromEarliest, step: ledger.MaxWindow, failures: map[time.Time]failure{}}
}

// run lists until the context ends: the current window first in every interval,
// and the backlog in the time between, without waiting.
func (s *stream) run(ctx context.Context) {
	s.begin()
	for attempt := 1; ; attempt++ {
		err := s.subscribe(ctx)
		if err == nil {
			break
		}
		if !sleep(ctx, s.handle(ctx, err, attempt)) {
			return
		}
	}
	s.correctOrigin()
	for {
		wait := s.turn(ctx)
		if !sleep(ctx, wait) {
			return
		}
	}
}

// begin sets the origin of a position that has none.
func (s *stream) begin() {
	s.c.journal.read(s.ct, func(p *ledger.Position) { s.begun = p.Origin().IsZero() })
	if s.begun {
		s.setOrigin(s.c.started)
	}
}

// correctOrigin moves the origin back when the server's clock turns out to be
// behind ours: an origin in its future would lose what comes until then.
func (s *stream) correctOrigin() {
	if now := s.c.client.ServerTime(s.c.started); s.begun && now.Before(s.c.started) {
		s.setOrigin(now)
	}
}

func (s *stream) setOrigin(now time.Time) {
	from := s.c.settings.StartFrom
	if s.fromEarliest {
		from = config.StartFrom{Kind: config.StartEarliest}
	}
	origin := from.Time(now)
	if _, err := s.c.journal.change(s.ct, func(p *ledger.Position) ledger.Change { return p.Begin(origin) }); err != nil {
		s.c.reportState(err)
	}
}

// turn makes one listing, the most urgent one, and tells how long to wait until
// the next is due.
func (s *stream) turn(ctx context.Context) time.Duration {
	if s.full() {
		return s.c.settings.Interval
	}
	now := s.c.now()
	plan := s.plan()
	if !plan.Lost.Empty() {
		s.skip(plan.Lost)
	}
	if !now.Before(s.nextTurn) {
		return s.current(ctx, now, plan.Current)
	}
	s.forgetFailures(plan.Backlog)
	for _, window := range plan.Backlog {
		if now.Before(s.failures[window.From].nextTry) {
			continue
		}
		return s.older(ctx, window)
	}
	return s.untilNext(now)
}

// current lists the current window and sets its next turn.
func (s *stream) current(ctx context.Context, now time.Time, window ledger.Span) time.Duration {
	s.nextTurn = now.Add(s.c.settings.Interval)
	full := s.lastPages <= longListing || now.Sub(s.lastFull) >= fullEvery
	if !full {
		window.From = later(window.From, window.To.Add(-max(recent, 2*s.c.settings.Interval)))
	}
	if window.Empty() {
		return 0
	}
	pages, err := s.list(ctx, window)
	if err != nil {
		s.currentFailures++
		wait := s.handle(ctx, err, s.currentFailures)
		s.nextTurn = s.c.now().Add(wait)
		return s.pause(err, wait)
	}
	s.currentFailures = 0
	if full {
		s.lastFull, s.lastPages = now, pages
	}
	return 0
}

// older lists one window of the backlog.
func (s *stream) older(ctx context.Context, window ledger.Span) time.Duration {
	_, err := s.list(ctx, window)
	if err == nil {
		delete(s.failures, window.From)
		return 0
	}
	f := s.failures[window.From]
	f.attempts++
	wait := s.handle(ctx, err, f.attempts)
	f.nextTry = s.c.now().Add(wait)
	s.failures[window.From] = f
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
	maps.DeleteFunc(s.failures, func(from time.Time, _ failure) bool {
		return !slices.ContainsFunc(backlog, func(w ledger.Span) bool { return w.From.Equal(from) })
	})
}

// untilNext is the time until the current window, or a window of the backlog
// that has failed, is due.
func (s *stream) untilNext(now time.Time) time.Duration {
	next := s.nextTurn
	for _, f := range s.failures {
		next = earlier(next, f.nextTry)
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
	now := s.c.serverNow()
	var plan ledger.Plan
	s.c.journal.read(s.ct, func(p *ledger.Position) {
		plan = p.Plan(ledger.PlanOptions{
			Now:     now,
			End:     now.Add(-endLag),
			Current: s.c.settings.Overlap + 2*s.c.settings.Interval,
			Step:    s.step,
		})
	})
	return plan
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
		"content_type", s.ct, "from", lost.From, "to", lost.To, "hours", lost.Length().Hours())
}

// list lists one window to its last page, without waiting in between (page
// links go stale), and takes what it found into the position.
func (s *stream) list(ctx context.Context, window ledger.Span) (pages int, err error) {
	at := s.c.serverNow()
	var contents []activity.Content
	page, err := s.c.client.List(ctx, s.ct, window.From, window.To)
	for pages = 1; err == nil; pages++ {
		contents = append(contents, page.Contents...)
		s.reportMalformed(page)
		if !page.More || s.cut(window, len(contents)) {
			break
		}
		page, err = s.next(ctx, page)
	}
	// Page links that go stale leave what was found; the window comes again.
	listing := ledger.Listing{
		Span:     window,
		At:       at,
		Overlap:  s.c.settings.Overlap,
		Contents: known(contents),
		Cut:      err != nil || page.More,
	}
	if stateErr := s.take(listing); stateErr != nil {
		return pages, stateErr
	}
	if err != nil {
		return pages, err
	}
	s.fitStep(window, len(contents), listing.Cut)
	s.listed()
	return pages, nil
}

// next asks for the page after page. What usually passes is tried again here,
// or a long listing would have to begin anew at every hiccup.
func (s *stream) next(ctx context.Context, page activity.Page) (activity.Page, error) {
	for attempt := 1; ; attempt++ {
		following, err := s.c.client.Next(ctx, s.ct, page)
		class := activity.ClassOf(err)
		if err == nil || attempt == pageAttempts || (class != activity.Retry && class != activity.Throttle) {
			return following, err
		}
		if class == activity.Throttle {
			s.c.throttle(err)
		}
		if !sleep(ctx, ledger.Backoff(time.Second, listRetryMost, attempt)) {
			return following, ctx.Err()
		}
	}
}

func known(contents []activity.Content) []ledger.Content {
	out := make([]ledger.Content, len(contents))
	for i, c := range contents {
		out[i] = ledger.Content{ID: c.ID, Created: c.Created, Expires: c.Expires}
	}
	// The order of listings is not reliable, across pages least of all.
	slices.SortStableFunc(out, func(a, b ledger.Content) int { return a.Created.Compare(b.Created) })
	return out
}

// take stores a listing and queues what is new in it.
func (s *stream) take(listing ledger.Listing) error {
	change, err := s.c.journal.change(s.ct, func(p *ledger.Position) ledger.Change { return p.Listed(listing) })
	if err != nil {
		s.c.reportState(err)
		return err
	}
	now := s.c.serverNow()
	for _, content := range change.Known {
		s.c.queue.put(job{s.ct, content, s.c.isLive(content.Created, now)})
	}
	st := s.c.stats.of(s.ct)
	st.listed.Add(int64(len(change.Known)))
	if !listing.Cut {
		st.lastListing.Store(s.c.now().Unix())
	}
	return nil
}

func (s *stream) reportMalformed(page activity.Page) {
	for _, text := range page.Malformed {
		s.c.stats.of(s.ct).malformed.Add(1)
		s.c.trouble.report("listing entries of "+string(s.ct), "a listing has an entry that names no content; it cannot be fetched",
			"content_type", s.ct, "entry", text)
	}
}

// cut reports whether a listing has grown too long to be finished.
func (s *stream) cut(window ledger.Span, contents int) bool {
	return contents > cutAfter && window.Length() > ledger.MinWindow
}

// fitStep halves the windows after a listing that was cut, and lets them grow
// after one that found little.
func (s *stream) fitStep(window ledger.Span, contents int, cut bool) {
	switch {
	case cut:
		s.step = max(ledger.MinWindow, min(s.step, window.Length())/2)
		s.c.log.Warn("a listing passed 20,000 contents and was cut: what it found is kept, and its window is listed again in halves",
			"content_type", s.ct, "from", window.From, "to", window.To, "next_window", s.step)
	case contents < growBelow && window.Length() >= s.step:
		s.step = min(ledger.MaxWindow, 2*s.step)
	}
}

// listed ends the troubles that a complete listing disproves.
func (s *stream) listed() {
	s.c.trouble.clear(listTrouble(s.ct))
	s.c.trouble.clear("token")
	s.c.trouble.clear("throttle")
}

// handle reacts to an error of a listing or a subscription, and tells how long
// to wait before the next attempt.
func (s *stream) handle(ctx context.Context, err error, attempt int) time.Duration {
	if ctx.Err() != nil {
		return 0
	}
	if token, ok := errors.AsType[*auth.Error](err); ok {
		s.c.reportToken(token)
		return spread(tokenWait(token, attempt))
	}
	switch activity.ClassOf(err) {
	case activity.Throttle:
		s.c.throttle(err)
		return time.Millisecond // the gate holds
	case activity.PageLost:
		// The link had gone stale: the window begins again from its first page.
		s.report(err, "listing broke off between pages; it begins again, and what it found is kept")
		return ledger.Backoff(time.Second, listRetryMost, attempt)
	case activity.Resubscribe:
		s.report(err, "the subscription is missing or disabled; it is started")
		return s.restart(ctx)
	case activity.CoolDown:
		return min(startEvery, retryAfter(err)+time.Second)
	case activity.AuditingOff, activity.Configuration, activity.Reauthenticate:
		s.report(err, "cannot list; tried again every 5 minutes")
		return spread(configurationWait)
	default:
		s.report(err, "listing failed; tried again with growing waits, nothing is lost")
		return spread(ledger.Backoff(listRetryFirst, listRetryMost, attempt))
	}
}

// tokenWait is short for what mends itself and long for what a person must mend.
func tokenWait(err *auth.Error, attempt int) time.Duration {
	if err.Kind == auth.Configuration {
		return configurationWait
	}
	return max(err.RetryAfter, ledger.Backoff(listRetryFirst, listRetryMost, attempt))
}

// spread keeps the content types from coming back all at once.
func spread(d time.Duration) time.Duration {
	return d + time.Duration(rand.Float64()*float64(d)/4) //nolint:gosec // spreads load
}

func listTrouble(ct normalize.ContentType) string { return "listing " + string(ct) }

func (s *stream) report(err error, message string) {
	s.c.trouble.report(listTrouble(s.ct), message, "content_type", s.ct, "error", err)
}

// subscribe makes sure that there is a subscription: it lists them and starts
// what is missing. The cool-down is no error, for listing may work already.
func (s *stream) subscribe(ctx context.Context) error {
	subs, err := s.c.client.Subscriptions(ctx)
	if err != nil {
		return err
	}
	for _, sub := range subs {
		if sub.ContentType == s.ct && sub.Enabled() {
			return nil
		}
	}
	err = s.start(ctx)
	if activity.ClassOf(err) == activity.CoolDown {
		return nil
	}
	return err
}

func (s *stream) start(ctx context.Context) error {
	s.startedAt = s.c.now()
	if err := s.c.client.Start(ctx, s.ct); err != nil {
		return err
	}
	s.c.log.Info("subscription started; the first contents may take up to 12 hours", "content_type", s.ct)
	return nil
}

// restart starts the subscription again, unless that was done within the
// cool-down, and tells how long to wait before the next listing.
func (s *stream) restart(ctx context.Context) time.Duration {
	if since := s.c.now().Sub(s.startedAt); since < startEvery {
		return spread(configurationWait)
	}
	if err := s.start(ctx); err != nil && ctx.Err() == nil {
		s.c.trouble.report("subscription to "+string(s.ct), "the subscription cannot be started", "content_type", s.ct, "error", err)
		return spread(configurationWait)
	}
	s.c.trouble.clear("subscription to " + string(s.ct))
	return time.Second
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
