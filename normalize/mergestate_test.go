package normalize_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/normalize"
)

// savedAlert returns the two entries of an alert with all that one can have.
func savedAlert(tb testing.TB) (head, tail normalize.AlertChange) {
	tb.Helper()
	o := normalize.MergeOptions{Wait: time.Minute, TTL: time.Hour, StatusUpdates: true, Bundle: true, MaxEntities: 2}
	m, err := normalize.NewMerger(o, nil, normalize.Arrival{Now: received})
	require.NoError(tb, err)
	for _, text := range []string{
		trigger("t", nil), trigger("t2", fields{"Status": "Resolved"}), original("AlertUpdated", "u", nil), user("a"), user("b"), user("c"), user("d"),
	} {
		n, ok := noteOf(text)
		require.True(tb, ok)
		for _, c := range m.Note(n, normalize.Arrival{Now: received}) {
			switch {
			case strings.HasSuffix(c.Key, alertUID+" head"):
				head = c
			case strings.HasSuffix(c.Key, alertUID+" tail"):
				tail = c
			default:
				tb.Fatal(c.Key)
			}
		}
	}
	return head, tail
}

// with returns an entry with another value.
func with(c normalize.AlertChange, value []byte) normalize.AlertChange {
	c.Value = value
	return c
}

func TestDamagedStateIsAnError(t *testing.T) {
	t.Parallel()
	head, tail := savedAlert(t)
	restore := func(saved ...normalize.AlertChange) error {
		_, err := normalize.NewMerger(waiting(), saved, normalize.Arrival{Now: received})
		return err
	}
	require.NoError(t, restore(head, tail))
	for name, all := range map[string][]normalize.AlertChange{
		"no head":         {tail},
		"no tail":         {head},
		"empty head":      {with(head, []byte{}), tail},
		"empty tail":      {head, with(tail, []byte{})},
		"long head":       {with(head, append(slices.Clip(head.Value), 0)), tail},
		"long tail":       {head, with(tail, append(slices.Clip(tail.Value), 0))},
		"another version": {head, with(tail, append([]byte{2}, tail.Value[1:]...))},
		"another key":     {head, tail, {Key: "body of " + alertUID, Value: tail.Value}},
	} {
		require.ErrorContains(t, restore(all...), alertUID, name)
	}
	require.Error(t, restore(normalize.AlertChange{Key: "short tail", Value: tail.Value}), "a key without a time")
	for i := range head.Value {
		require.Error(t, restore(with(head, head.Value[:i]), tail), i)
	}
	for i := range tail.Value {
		require.Error(t, restore(head, with(tail, tail.Value[:i])), i)
	}
}

// TestNeighborsInTimeAreNeighborsInTheSavedState: else each alert of a batch
// costs a page of the file.
func TestNeighborsInTimeAreNeighborsInTheSavedState(t *testing.T) {
	t.Parallel()
	p := newProcess(t, waiting())
	var keys []string
	for i := range 100 {
		p.pass(time.Millisecond)
		n, _ := noteOf(trigger("t", fields{"AlertId": fmt.Sprintf("%04x", uint16(i*0x9e37))}))
		changes := p.m.Note(n, normalize.Arrival{Now: p.now})
		require.Len(t, changes, 2, "a head and a tail")
		p.store(changes)
		keys = append(keys, changes[0].Key, changes[1].Key)
	}
	require.True(t, slices.IsSorted(keys))

	p.restart()
	n, _ := noteOf(entity("e", "User", "alice", fields{"AlertId": "0000"}))
	changes := p.m.Note(n, normalize.Arrival{Now: p.now.Add(time.Minute)})
	require.Len(t, changes, 1)
	assert.Equal(t, keys[1], changes[0].Key, "an alert keeps its keys")
}

// TestAnAlertThatWasSavedTwiceIsTheLaterOne: the changes that forget an alert
// come with those of another one's emission, which a bug may lose.
func TestAnAlertThatWasSavedTwiceIsTheLaterOne(t *testing.T) {
	t.Parallel()
	p := newProcess(t, waiting())
	p.content(trigger("earlier", nil))
	first := maps.Clone(p.stored)
	p.stored = map[string][]byte{}
	p.pass(time.Hour)
	var err error
	p.m, err = normalize.NewMerger(p.o, nil, normalize.Arrival{Now: p.now})
	require.NoError(t, err)
	p.content(trigger("later", nil))
	maps.Copy(p.stored, first)
	require.Len(t, p.stored, 4)
	p.take()

	p.restart()
	p.pass(time.Hour)
	assert.Contains(t, p.one().Text, `"Id":"later"`)
	assert.Len(t, p.stored, 2, "the earlier one is deleted with the next change")
}

// FuzzMergerState restores what may be damaged, and goes on with it.
func FuzzMergerState(f *testing.F) {
	headEntry, tailEntry := savedAlert(f)
	f.Add(headEntry.Value, tailEntry.Value)
	f.Add([]byte(nil), tailEntry.Value)
	f.Add(headEntry.Value, []byte{1, 3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f})
	n := newNormalizer()
	notes := []normalize.AlertNote{}
	for _, text := range []string{trigger("t9", nil), user("z"), user("a")} {
		note, _ := noteOf(text)
		notes = append(notes, note)
	}
	f.Fuzz(func(t *testing.T, head, tail []byte) {
		saved := []normalize.AlertChange{with(tailEntry, tail)}
		if len(head) > 0 {
			saved = append(saved, with(headEntry, head))
		}
		m, err := normalize.NewMerger(waiting(), saved, normalize.Arrival{Now: received})
		if err != nil {
			return
		}
		for i, note := range notes {
			m.Note(note, normalize.Arrival{Now: received, Known: uint64(i)})
			for _, e := range m.Due(received, uint64(i)) {
				n.Alert(&e.Alert, received).AppendJSON(nil)
				n.Bundle(&e.Alert, received).AppendJSON(nil)
			}
		}
		for range 3 {
			next, ok := m.Next()
			if !ok {
				break
			}
			m.Due(next, 0)
		}
		require.Zero(t, m.Stats().Held, "what is held is forgotten in the end")
	})
}

func TestStateOfAnAlertIsSmall(t *testing.T) {
	t.Parallel()
	p := newProcess(t, waiting())
	text := trigger("t", fields{"Data": strings.Repeat("x", 1000)})
	p.content(text, user("alice"), user("bob"))
	assert.Less(t, p.storedBytes(), len(text)+500)
	var changes []normalize.AlertChange
	for i := range 50 {
		n, _ := noteOf(user(fmt.Sprint("user", i)))
		changes = p.m.Note(n, normalize.Arrival{Now: p.now})
	}
	require.Len(t, changes, 1, "an entity does not write the trigger again")
	assert.Less(t, len(changes[0].Value), 5000)
}
