package collector

import (
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

// repeatAfter is how often a trouble that lasts is logged again.
const repeatAfter = time.Hour

// trouble logs what goes wrong when it begins, once an hour while it lasts, and
// when it has ended, rather than at every attempt.
type trouble struct {
	log *slog.Logger
	now func() time.Time

	mu    sync.Mutex
	since map[string]*lasting
}

type lasting struct {
	logged     time.Time
	suppressed int
}

func newTrouble(log *slog.Logger, now func() time.Time) *trouble {
	return &trouble{log: log, now: now, since: map[string]*lasting{}}
}

// report logs an error about what, unless it did within the hour.
func (t *trouble) report(what, message string, attrs ...any) {
	t.reportEvery(repeatAfter, what, message, attrs...)
}

// reportEvery logs an error about what, unless it did within the given time.
func (t *trouble) reportEvery(every time.Duration, what, message string, attrs ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	l := t.since[what]
	switch {
	case l == nil:
		l = &lasting{}
		t.since[what] = l
	case now.Sub(l.logged) < every:
		l.suppressed++
		return
	}
	if l.suppressed > 0 {
		attrs = append(attrs, "times", l.suppressed+1)
	}
	l.logged, l.suppressed = now, 0
	t.log.Error(message, attrs...) //nolint:sloglint // the callers' messages are constant
}

// clear tells that what works; it is logged if it did not.
func (t *trouble) clear(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, was := t.since[what]; !was {
		return
	}
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
