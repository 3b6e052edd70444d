package collector

import (
	"context"
	"slices"
	"time"

	"office365/plugin/internal/activity"
	"office365/plugin/internal/ledger"
)

// Bounds of one listing.
const (
	// cutAfter is how many contents end a listing: what it found is kept, and
	// the window is halved. It bounds what one transaction has to store.
	cutAfter = 20_000
	// growBelow is how few contents let a halved window grow again.
	growBelow = cutAfter / 4
	// pageAttempts is how often a page is asked for: page links go stale, so
	// that longer is not better.
	pageAttempts = 3
)

// listed is what became of listing one window.
type listed struct {
	pages int
	cut   bool // it grew too long; its contents count, the window comes again in halves
}

// list lists one window to its last page, without waiting in between (page
// links go stale), and takes what it found into the position.
func (s *stream) list(ctx context.Context, window ledger.Span) (listed, error) {
	at := s.c.serverNow()
	var result listed
	var contents []activity.Content
	page, err := s.c.client.List(ctx, s.ct, window.From, window.To)
	for err == nil {
		result.pages++
		contents = append(contents, page.Contents...)
		s.reportMalformed(page)
		if !page.More {
			break
		}
		if result.cut = tooLong(window, len(contents)); result.cut {
			break
		}
		page, err = s.next(ctx, page)
	}
	listing := ledger.Listing{
		Span:     window,
		At:       at,
		Overlap:  s.c.settings.Overlap,
		Contents: known(contents),
		Cut:      err != nil || result.cut, // what was found before an error counts
	}
	if stateErr := s.take(listing); stateErr != nil {
		return result, stateErr
	}
	if err != nil {
		return result, err
	}
	s.fitStep(window, len(contents), result.cut)
	s.works()
	return result, nil
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
		s.c.queue.put(s.c.newJob(s.ct, content, now))
	}
	st := s.c.stats.of(s.ct)
	st.listed.Add(int64(len(change.Known)))
	if len(change.Known) > 0 {
		st.lastNews.Store(s.c.now().Unix())
	}
	if !listing.Cut {
		st.lastListing.Store(s.c.now().Unix())
	}
	return nil
}

func (s *stream) reportMalformed(page activity.Page) {
	if len(page.Malformed) == 0 {
		s.c.trouble.forget("listing entries of " + string(s.ct))
	}
	for _, text := range page.Malformed {
		s.c.stats.of(s.ct).malformed.Add(1)
		s.c.trouble.report("listing entries of "+string(s.ct), "a listing has an entry that names no content; it cannot be fetched",
			"to_do", "report it, with this line", "content_type", s.ct, "entry", text)
	}
}

// tooLong reports whether a listing has grown too long to be finished.
func tooLong(window ledger.Span, contents int) bool {
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

// works ends the troubles that a complete listing disproves.
func (s *stream) works() {
	s.c.answered()
	s.c.trouble.clear(listTrouble(s.ct))
	s.c.trouble.clear("subscription to " + string(s.ct))
}
