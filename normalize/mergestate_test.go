package normalize_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/normalize"
)

// savedAlert returns the two entries of an alert with all that one can have.
func savedAlert(tb testing.TB) (head, tail []byte) {
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
			switch c.Key {
			case "head " + alertUID:
				head = c.Value
			case "tail " + alertUID:
				tail = c.Value
			default:
				tb.Fatal(c.Key)
			}
		}
	}
	return head, tail
}

func saved(head, tail []byte) []normalize.AlertChange {
	var all []normalize.AlertChange
	if head != nil {
		all = append(all, normalize.AlertChange{Key: "head " + alertUID, Value: head})
	}
	if tail != nil {
		all = append(all, normalize.AlertChange{Key: "tail " + alertUID, Value: tail})
	}
	return all
}

func TestDamagedStateIsAnError(t *testing.T) {
	t.Parallel()
	head, tail := savedAlert(t)
	_, err := normalize.NewMerger(waiting(), saved(head, tail), normalize.Arrival{Now: received})
	require.NoError(t, err)
	for name, all := range map[string][]normalize.AlertChange{
		"no head":         saved(nil, tail),
		"no tail":         saved(head, nil),
		"empty head":      saved([]byte{}, tail),
		"empty tail":      saved(head, []byte{}),
		"long head":       saved(append(slices.Clip(head), 0), tail),
		"long tail":       saved(head, append(slices.Clip(tail), 0)),
		"another version": saved(head, append([]byte{2}, tail[1:]...)),
	} {
		_, err := normalize.NewMerger(waiting(), all, normalize.Arrival{Now: received})
		require.ErrorContains(t, err, alertUID, name)
	}
	for i := range head {
		_, err := normalize.NewMerger(waiting(), saved(head[:i], tail), normalize.Arrival{Now: received})
		require.Error(t, err, i)
	}
	for i := range tail {
		_, err := normalize.NewMerger(waiting(), saved(head, tail[:i]), normalize.Arrival{Now: received})
		require.Error(t, err, i)
	}
}

// FuzzMergerState restores what may be damaged, and goes on with it.
func FuzzMergerState(f *testing.F) {
	head, tail := savedAlert(f)
	f.Add(head, tail)
	f.Add([]byte(nil), tail)
	f.Add(head, []byte{1, 3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f})
	n := newNormalizer()
	notes := []normalize.AlertNote{}
	for _, text := range []string{trigger("t9", nil), user("z"), user("a")} {
		note, _ := noteOf(text)
		notes = append(notes, note)
	}
	f.Fuzz(func(t *testing.T, head, tail []byte) {
		if len(head) == 0 {
			head = nil
		}
		m, err := normalize.NewMerger(waiting(), saved(head, tail), normalize.Arrival{Now: received})
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
