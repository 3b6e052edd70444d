package e2e_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// event is a line of the test host's journal (tests/host/journal.h).
type event struct {
	at      time.Time
	name    string
	number  int    // of the batch
	records int    // in it
	moment  string // of a death
}

// readJournal returns the events of one life of the test host, none of one that
// has just begun.
func readJournal(t *testing.T, path string) []event {
	t.Helper()
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	require.NoError(t, err)
	var events []event
	for line := range bytes.Lines(text) {
		var e event
		var ms int64
		var instance, rest string
		n, _ := fmt.Sscan(string(line), &ms, &instance, &e.name, &rest, &e.records) // most lines are shorter
		require.GreaterOrEqual(t, n, 3, "%s", line)
		e.at = time.UnixMilli(ms)
		if _, err := fmt.Sscan(rest, &e.number); err != nil {
			e.moment = rest
		}
		events = append(events, e)
	}
	return events
}

// countEvents counts the events of a name.
func countEvents(events []event, name string) int {
	n := 0
	for _, e := range events {
		if e.name == name {
			n++
		}
	}
	return n
}

// handed is a batch that the plugin has handed over.
type handed struct {
	number   int
	at       time.Time
	unpaused time.Duration // the time that its instance had run unpaused then
	arrived  time.Time     // zero: it has not
	from, to int           // its records in the output, once it has arrived
}

// bound is what the plugin promises about repeats.
type bound struct {
	counted     bool // the plugin can see what arrives
	commitDelay time.Duration
}

// commitWork is the time that a commit may take once it is due: the plugin
// looks every half second, and a loaded disk takes its time to sync.
const commitWork = 5 * time.Second

// Where arrival cannot be seen, what was handed over in the last second of
// unpaused time counts as under way at a graceful stop.
const (
	exitGrace = time.Second
	exitWork  = 300 * time.Millisecond
)

// life follows the batches of one process through its journal.
type life struct {
	bound
	open    []handed // of the instance, oldest first
	excused []handed
	arrived []handed

	ended    time.Time // by a kill
	position int       // in the output, if nothing was cut off
	unpaused time.Duration
	since    time.Time // when the instance was started or resumed; zero: it is paused
}

// excusable returns the batches of a life whose records may come again, by the
// rule of commits: a batch is committed when the next one has arrived, or
// commitDelay after its own arrival when none follows; without the counter once
// the instance has run unpaused for commitDelay since the hand-over; at a
// graceful end when it has arrived. killed is zero for a life that ended so; the
// output held from lines before it.
func (b bound) excusable(events []event, from int, killed time.Time) life {
	l := life{bound: b, position: from, ended: killed}
	for _, e := range events {
		l.follow(e)
	}
	if !killed.IsZero() {
		l.crash(killed)
	}
	return l
}

func (l *life) follow(e event) {
	switch e.name {
	case "started":
		l.open, l.unpaused, l.since = nil, 0, e.at
	case "paused":
		l.unpaused, l.since = l.ran(e.at), time.Time{}
	case "resumed":
		l.since = e.at
	case "handed":
		l.open = append(l.open, handed{number: e.number, at: e.at, unpaused: l.ran(e.at)})
	case "arrived":
		for i := range l.open {
			if b := &l.open[i]; b.number == e.number {
				b.arrived, b.from, b.to = e.at, l.position, l.position+e.records
				l.arrived = append(l.arrived, *b)
			}
		}
		l.position += e.records
	case "exited":
		l.exit(e.at)
	}
}

// ran is how long the instance has run unpaused.
func (l *life) ran(now time.Time) time.Duration {
	if l.since.IsZero() {
		return l.unpaused
	}
	return l.unpaused + now.Sub(l.since)
}

func (l *life) exit(now time.Time) {
	if !l.counted {
		l.excuse(now, exitGrace+exitWork)
	}
	l.open = nil
}

// excuse excuses what was handed over in the last unpaused time of that length.
func (l *life) excuse(now time.Time, within time.Duration) {
	for _, b := range l.open {
		if l.ran(now)-b.unpaused <= within {
			l.excused = append(l.excused, b)
		}
	}
}

func (l *life) crash(now time.Time) {
	if !l.counted {
		l.excuse(now, l.commitDelay+commitWork)
		return
	}
	last := len(l.open) - 1
	for last >= 0 && l.open[last].arrived.IsZero() {
		last--
	}
	if last < 0 {
		return
	}
	age := now.Sub(l.open[last].arrived)
	if last > 0 && age <= commitWork {
		l.excused = append(l.excused, l.open[last-1])
	}
	if follows := last+1 < len(l.open); follows || age <= l.commitDelay+commitWork {
		l.excused = append(l.excused, l.open[last])
	}
}

func TestTheBoundOnRepeatsIsWhatTheRuleOfCommitsSays(t *testing.T) {
	t.Parallel()
	begin := time.UnixMilli(1_000_000)
	at := func(seconds float64) time.Time { return begin.Add(time.Duration(seconds * float64(time.Second))) }
	batch := func(seconds float64, name string, number int) event {
		return event{at: at(seconds), name: name, number: number, records: 10}
	}
	three := []event{
		{at: at(0), name: "started"},
		batch(1, "handed", 1), batch(1.2, "arrived", 1),
		batch(2, "handed", 2), batch(2.2, "arrived", 2),
		batch(3, "handed", 3), batch(3.2, "arrived", 3),
	}
	seen, blind := bound{true, 5 * time.Second}, bound{false, 5 * time.Second}
	exited := slices.Concat(three, []event{{at: at(3.6), name: "paused"}, {at: at(4), name: "exited"}})
	for _, c := range []struct {
		name   string
		bound  bound
		events []event
		killed time.Time
		want   []int
	}{
		{"the last two while the commit may be under way", seen, three, at(3.5), []int{2, 3}},
		{"the last one until its delay is over", seen, three, at(9), []int{3}},
		{"none when all are committed", seen, three, at(14), nil},
		{"the last one that arrived while the next is under way", seen, slices.Concat(three, []event{batch(4, "handed", 4)}), at(60), []int{3}},
		{"none after a graceful end", seen, exited, time.Time{}, nil},
		{"none of the instance before a reload", seen, slices.Concat(exited, []event{{at: at(5), name: "started"}}), at(5), nil},
		{"without the counter what is younger than the delay", blind, three, at(11.5), []int{2, 3}},
		{"without the counter a pause stops the time", blind, slices.Concat(three, []event{{at: at(3.5), name: "paused"}}), at(60), []int{1, 2, 3}},
		{"without the counter the last second at a graceful end", blind, exited, time.Time{}, []int{3}},
	} {
		l := c.bound.excusable(c.events, 100, c.killed)
		var numbers []int
		for _, b := range l.excused {
			numbers = append(numbers, b.number)
			assert.Equal(t, 100+10*b.number, b.to, c.name)
		}
		assert.Equal(t, c.want, numbers, c.name)
		assert.Equal(t, 130, l.position, c.name)
	}
}
