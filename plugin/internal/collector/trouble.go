package collector

import (
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"office365/normalize"
)

// repeatAfter is how often a trouble that lasts is logged again.
const repeatAfter = time.Hour

// gatherFor is how long a trouble of one content type waits for others to meet
// the same: a missing permission concerns all of them, which ask within a moment.
const gatherFor = 5 * time.Second

// trouble logs what goes wrong when it begins, once an hour while it lasts, and
// when it has ended, rather than at every attempt.
type trouble struct {
	log *slog.Logger
	now func() time.Time

	mu        sync.Mutex
	since     map[string]*lasting
	gathering map[cause]*gathering
}

type lasting struct {
	logged     time.Time
	suppressed int
	cause      cause                 // of one that is told with others
	ct         normalize.ContentType // likewise
}

// cause is what troubles of several content types must have in common to be
// told in one line.
type cause struct{ message, toDo, code string }

// gathering is a line to come.
type gathering struct {
	due   time.Time
	attrs []any // of the first who reported it
}

func newTrouble(log *slog.Logger, now func() time.Time) *trouble {
	return &trouble{log: log, now: now, since: map[string]*lasting{}, gathering: map[cause]*gathering{}}
}

// report logs an error about what, unless it did within the hour.
func (t *trouble) report(what, message string, attrs ...any) {
	t.reportEvery(repeatAfter, what, message, attrs...)
}

// reportEvery logs an error about what, unless it did within the given time.
func (t *trouble) reportEvery(every time.Duration, what, message string, attrs ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l, due := t.met(every, what)
	if !due {
		return
	}
	if l.suppressed > 0 {
		attrs = append(attrs, "times", l.suppressed+1)
	}
	l.suppressed, l.cause = 0, cause{}
	t.log.Error(message, attrs...) //nolint:sloglint // the callers' messages are constant
}

// met notes that what has happened; due tells whether it is to be logged.
func (t *trouble) met(every time.Duration, what string) (l *lasting, due bool) {
	now := t.now()
	l = t.since[what]
	switch {
	case l == nil:
		l = &lasting{}
		t.since[what] = l
	case now.Sub(l.logged) < every:
		l.suppressed++
		return l, false
	}
	l.logged = now
	return l, true
}

// reportOf logs an error about what, of one content type, as report does, but
// in one line with those of other content types that have the same cause.
func (t *trouble) reportOf(ct normalize.ContentType, what string, why cause, attrs ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l, due := t.met(repeatAfter, what)
	if due || t.gathering[l.cause] == nil {
		l.cause, l.ct = why, ct
	}
	if due && t.gathering[why] == nil {
		t.gathering[why] = &gathering{due: t.now().Add(gatherFor), attrs: attrs}
	}
}

// flush logs what has been gathered for long enough.
func (t *trouble) flush() {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	for why, g := range t.gathering {
		if !now.Before(g.due) {
			t.tell(why)
		}
	}
}

// flushAll logs what has been gathered at all.
func (t *trouble) flushAll() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for why := range t.gathering {
		t.tell(why)
	}
}

// tell logs a cause, with all content types that it troubles now.
func (t *trouble) tell(why cause) {
	g := t.gathering[why]
	if g == nil {
		return
	}
	delete(t.gathering, why)
	var types []string
	times := 1
	for _, l := range t.since {
		if l.cause == why {
			types = append(types, string(l.ct))
			times = max(times, l.suppressed+1)
			l.logged, l.suppressed = g.due.Add(-gatherFor), 0
		}
	}
	if len(types) == 0 {
		return
	}
	slices.Sort(types)
	attrs := append([]any{"to_do", why.toDo, "content_types", strings.Join(slices.Compact(types), ", ")}, g.attrs...)
	if times > 1 {
		attrs = append(attrs, "times", times)
	}
	t.log.Error(why.message, attrs...) //nolint:sloglint // the callers' messages are constant
}

// clear tells that what works; it is logged if it did not.
func (t *trouble) clear(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l, was := t.since[what]
	if !was {
		return
	}
	t.tell(l.cause) // first of all
	delete(t.since, what)
	t.log.Info("works again", "what", what)
}

// forget ends a trouble without a word: what it was about is no more.
func (t *trouble) forget(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.since, what)
}

// current names what is wrong now, in the order of the alphabet.
func (t *trouble) current() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Sorted(maps.Keys(t.since))
}
