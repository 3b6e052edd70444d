package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// queueLines bounds the queue. Fluent Bit calls every second, so 1,000 lines
// are a burst that no healthy instance reaches; with lines of MaxLineBytes they
// take 3.5 MB at the very most.
const queueLines = 1000

// Log collects the log lines of one instance until the instance's thread prints
// them. It is safe for concurrent use; the order of lines is that of arrival.
type Log struct {
	prefix string
	secret *redactor

	printing sync.Mutex // held during a Drain, so that two cannot mix their lines

	mu      sync.Mutex
	level   slog.Level // below it nothing is queued
	lines   []queued   // at most queueLines; the oldest is at index first
	first   int        // where the ring begins once it is full
	dropped int        // lines given up since the last Drain
}

type queued struct {
	level slog.Level
	at    time.Time
	text  string
}

// lateAfter is how long a line may wait without saying so. Fluent Bit stamps a
// line when it is printed, which is a second late as a rule; while an instance
// is paused it can be hours.
const lateAfter = 5 * time.Second

const lateLayout = "2006-01-02T15:04:05.000Z"

// NewLog returns the log of the instance that watches tenant, which is a name
// for people: it stands in every line. It starts at level Info.
func NewLog(tenant string) *Log {
	return &Log{
		prefix: "[office365] " + oneLine(tenant) + ": ",
		secret: newRedactor(),
		level:  slog.LevelInfo,
	}
}

// SetLevel sets the lowest level that is queued at all. The bridge takes it
// from the log_level of the [INPUT] section.
func (l *Log) SetLevel(level slog.Level) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.level = level
}

// Forbid makes every later line print *** in place of these texts, also where
// they appear escaped for a URL or for JSON. Texts of fewer than four bytes are
// ignored: they would tear ordinary words apart and hide nothing.
func (l *Log) Forbid(secrets ...string) { l.secret.forbid(secrets) }

// Handler returns the slog.Handler that queues into this log.
func (l *Log) Handler() slog.Handler { return &handler{log: l} }

// Drain hands every line queued until now to put, oldest first, and forgets
// them. A line that has waited for long carries its own time at the end. Drain
// must be called on the thread on which put may print; put may log, and such
// lines wait for the next Drain.
func (l *Log) Drain(now time.Time, put func(level slog.Level, line string)) {
	l.printing.Lock()
	defer l.printing.Unlock()

	lines, dropped := l.take()
	if dropped > 0 {
		put(slog.LevelWarn, fmt.Sprintf("%slog lines dropped lines=%d", l.prefix, dropped))
	}
	for _, q := range lines {
		put(q.level, q.textAt(now))
	}
}

func (q queued) textAt(now time.Time) string {
	if q.at.IsZero() || now.Sub(q.at) < lateAfter {
		return q.text
	}
	return q.text + " logged_at=" + q.at.UTC().Format(lateLayout)
}

func (l *Log) take() ([]queued, int) {
	l.mu.Lock()
	defer l.mu.Unlock()

	lines := l.lines
	if l.first > 0 {
		lines = slices.Concat(lines[l.first:], lines[:l.first])
	}
	dropped := l.dropped
	l.lines, l.first, l.dropped = nil, 0, 0
	return lines, dropped
}

func (l *Log) enabled(level slog.Level) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return level >= l.level
}

// add queues a finished line. The oldest line makes room for it: after hours of
// pause the newest ones tell what is the matter now.
func (l *Log) add(q queued) {
	l.mu.Lock()
	defer l.mu.Unlock()

	if len(l.lines) < queueLines {
		l.lines = append(l.lines, q)
		return
	}
	l.lines[l.first] = q
	l.first = (l.first + 1) % queueLines
	l.dropped++
}

// handler is the slog side of a Log. It is immutable: WithAttrs and WithGroup
// return changed copies, as slog asks.
type handler struct {
	log   *Log
	attrs string // what WithAttrs gave, already written
	group string // what WithGroup gave, with a dot at its end
}

func (h *handler) Enabled(_ context.Context, level slog.Level) bool {
	return h.log.enabled(level)
}

func (h *handler) Handle(_ context.Context, r slog.Record) error {
	line := newLine(h.log.secret)
	line.message(h.log.prefix, r.Message)
	line.text.WriteString(h.attrs)
	r.Attrs(func(a slog.Attr) bool {
		line.attr(h.group, a)
		return true
	})
	h.log.add(queued{level: r.Level, at: r.Time, text: line.String()})
	return nil
}

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	line := newLine(h.log.secret)
	for _, a := range attrs {
		line.attr(h.group, a)
	}
	return &handler{log: h.log, attrs: h.attrs + line.text.String(), group: h.group}
}

func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return &handler{log: h.log, attrs: h.attrs, group: h.group + oneLine(name) + "."}
}
