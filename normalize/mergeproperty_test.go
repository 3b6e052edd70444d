package normalize_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"office365/normalize"
)

// permutationsPerCheck makes 1,000 of the 100 checks that rapid makes.
const permutationsPerCheck = 10

// TestOrderOfArrivalDoesNotMatter brings the records of an alert in any order, in
// any contents, with pauses and restarts in between: what is known in the end is
// always the same.
func TestOrderOfArrivalDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		o := drawOptions(rt)
		records := drawRecords(rt, o)
		want := settled(t, o, [][]string{records})
		for range permutationsPerCheck {
			require.Equal(rt, want, settled(t, o, drawContents(rt, rapid.Permutation(records).Draw(rt, "order"))))
		}
	})
}

func drawOptions(t *rapid.T) normalize.MergeOptions {
	return normalize.MergeOptions{
		TTL:           26 * time.Hour,
		Wait:          time.Duration(rapid.SampledFrom([]int{0, 5, 60}).Draw(t, "wait")) * time.Minute,
		MaxEntities:   rapid.SampledFrom([]int{1, 5, 100}).Draw(t, "most"),
		StatusUpdates: rapid.Bool().Draw(t, "status updates"),
		Bundle:        rapid.Bool().Draw(t, "bundle"),
	}
}

// drawRecords draws the records of one alert: many entities, few times.
func drawRecords(t *rapid.T, o normalize.MergeOptions) []string {
	var records []string
	at := func() fields {
		return fields{"CreationTime": rapid.SampledFrom([]string{"2026-03-02T10:01:24", "2026-03-02T10:01:25", "2026-03-02T11:00:00Z", "", "0001-01-01T00:00:00"}).Draw(t, "at")}
	}
	for i := range rapid.IntRange(1, 4).Draw(t, "triggers") {
		more := at()
		maps.Copy(more, drawSaid(t))
		if rapid.Bool().Draw(t, "own entity") {
			more["EntityType"], more["AlertEntityId"] = "User", "own"
		}
		records = append(records, trigger(fmt.Sprint("t", i), more))
	}
	for i := range rapid.IntRange(0, 2*min(o.MaxEntities, 60)+2).Draw(t, "entities") {
		id := strconv.Itoa(rapid.IntRange(0, 150).Draw(t, "entity"))
		if rapid.IntRange(0, 20).Draw(t, "long") == 0 {
			id += strings.Repeat("x", rapid.SampledFrom([]int{40 << 10, 64 << 10, 70 << 10}).Draw(t, "length"))
		}
		records = append(records, entity(fmt.Sprint("e", i), rapid.SampledFrom([]string{"", "User", "Mail"}).Draw(t, "type"), id, at()))
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "updates") {
		more := at()
		maps.Copy(more, drawSaid(t))
		records = append(records, original("AlertUpdated", fmt.Sprint("u", i), more))
	}
	return records
}

func drawSaid(t *rapid.T) fields {
	more := fields{}
	for _, name := range []string{"Status", "Severity", "Comments", "AlertLinks"} {
		more[name] = rapid.SampledFrom([]any{nil, "one", "two", 3}).Draw(t, name)
	}
	return more
}

// drawContents splits records into contents.
func drawContents(t *rapid.T, records []string) [][]string {
	var contents [][]string
	for len(records) > 0 {
		n := rapid.IntRange(1, len(records)).Draw(t, "content")
		contents = append(contents, records[:n])
		records = records[n:]
	}
	return contents
}

// settled returns the alert record, and its bundle, as they are when all contents
// have come, one every ten minutes, with a restart after each.
func settled(t *testing.T, o normalize.MergeOptions, contents [][]string) string {
	t.Helper()
	p := newProcess(t, o)
	for _, records := range contents {
		p.content(records...)
		p.pass(10 * time.Minute)
		p.restart()
	}
	p.pass(2 * time.Hour)
	out := p.take()
	requireRevisions(t, alertsOf(out))
	return lastWord(out[len(out)-1].MergedAlert)
}

// lastWord returns the records of an alert but for its revision, for that may
// depend on the order of arrival, and times of receipt.
func lastWord(a normalize.MergedAlert) string {
	a.Revision, a.Seen = 0, received
	n := newNormalizer()
	text := n.Alert(&a, received).AppendJSON(nil)
	return string(n.Bundle(&a, received).AppendJSON(text))
}

func alertsOf(out []emitted) []normalize.MergedAlert {
	alerts := make([]normalize.MergedAlert, 0, len(out))
	for _, e := range out {
		alerts = append(alerts, e.MergedAlert)
	}
	return alerts
}

// requireRevisions checks that the revisions of one alert have no gap and that
// each says something new.
func requireRevisions(t require.TestingT, alerts []normalize.MergedAlert) {
	for i, a := range alerts {
		require.Equal(t, i, a.Revision)
		if i > 0 {
			before := alerts[i-1]
			before.Revision = i
			require.NotEqual(t, before, a)
		}
	}
}

// batch is what is stored in one transaction: the changes of the records in it,
// and of the alerts in it.
type batch struct {
	changes []normalize.AlertChange
	records []string
	alerts  []normalize.MergedAlert
}

// crasher is a process whose batches are stored late, in order, or never.
type crasher struct {
	o         normalize.MergeOptions
	m         *normalize.Merger
	now       time.Time
	contents  uint64
	open      batch
	batches   []batch // handed over and not stored
	stored    map[string][]byte
	committed []normalize.MergedAlert
	delivered []normalize.MergedAlert
	left      []string // records that have not been stored
}

func (c *crasher) start(t *rapid.T) {
	var saved []normalize.AlertChange
	for key, value := range c.stored {
		saved = append(saved, normalize.AlertChange{Key: key, Value: value})
	}
	m, err := normalize.NewMerger(c.o, saved, normalize.Arrival{Now: c.now, Known: c.contents})
	require.NoError(t, err)
	c.m, c.open, c.batches = m, batch{}, nil
}

// note notes a record, and hands a batch over where one is full.
func (c *crasher) note(t *rapid.T, text string) {
	n, ok := noteOf(text)
	require.True(t, ok)
	c.open.changes = append(c.open.changes, c.m.Note(n, normalize.Arrival{Now: c.now, Known: c.contents})...)
	c.open.records = append(c.open.records, text)
	c.mayHandOver(t)
}

func (c *crasher) due(t *rapid.T) {
	for _, e := range c.m.Due(c.now, c.contents) {
		c.open.changes = append(c.open.changes, e.Changes...)
		c.open.alerts = append(c.open.alerts, e.Alert)
		c.mayHandOver(t)
	}
}

func (c *crasher) mayHandOver(t *rapid.T) {
	if rapid.IntRange(0, 2).Draw(t, "full") > 0 {
		return
	}
	c.delivered = append(c.delivered, c.open.alerts...)
	c.batches, c.open = append(c.batches, c.open), batch{}
	for len(c.batches) > 0 && rapid.Bool().Draw(t, "commit") {
		c.commit()
	}
}

func (c *crasher) commit() {
	b := c.batches[0]
	c.batches = c.batches[1:]
	for _, change := range b.changes {
		if change.Value == nil {
			delete(c.stored, change.Key)
			continue
		}
		c.stored[change.Key] = change.Value
	}
	c.committed = append(c.committed, b.alerts...)
	for _, text := range b.records {
		i := slices.Index(c.left, text)
		c.left = slices.Delete(c.left, i, i+1)
	}
}

// TestCrashesLoseNothing kills the process at any moment: batches that were
// handed over may or may not have been stored. What holds then:
//
//   - the alerts in stored batches have the revisions 0, 1, 2, … without a gap,
//     each once, and each differs from the one before;
//   - the last of them says all that the records say, as if nothing had happened;
//   - of what was handed over, only a revision whose batch was not stored comes
//     again, under the same uid and revision, and it is the last word.
func TestCrashesLoseNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		o := drawOptions(rt)
		records := drawRecords(rt, o)
		want := settled(t, o, [][]string{records})
		c := &crasher{o: o, now: received, stored: map[string][]byte{}, left: slices.Clone(records)}
		for crashes := rapid.IntRange(0, 5).Draw(rt, "crashes"); len(c.left) > 0 || crashes >= 0; crashes-- {
			c.start(rt)
			c.life(rt, crashes > 0)
		}
		requireRevisions(rt, c.committed)
		last := c.committed[len(c.committed)-1]
		require.Equal(rt, last, c.delivered[len(c.delivered)-1])
		require.Equal(rt, want, lastWord(last))
		for _, a := range c.delivered {
			require.Less(rt, a.Revision, len(records)+1)
		}
	})
}

// life is one life of the process: it notes what was not stored, in another
// order, and may die at any record.
func (c *crasher) life(t *rapid.T, mayDie bool) {
	order := slices.Clone(c.left)
	if len(order) > 0 {
		order = rapid.Permutation(order).Draw(t, "order")
	}
	for _, text := range order {
		c.contents++
		c.note(t, text)
		if rapid.Bool().Draw(t, "done") {
			c.due(t)
		}
		c.now = c.now.Add(time.Duration(rapid.IntRange(0, 10).Draw(t, "minutes")) * time.Minute)
		if mayDie && rapid.IntRange(0, 10).Draw(t, "die") == 0 {
			return
		}
	}
	c.now = c.now.Add(2 * time.Hour)
	c.due(t)
	if !mayDie {
		c.delivered = append(c.delivered, c.open.alerts...)
		c.batches, c.open = append(c.batches, c.open), batch{}
		for len(c.batches) > 0 {
			c.commit()
		}
	}
}
