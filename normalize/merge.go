package normalize

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// AlertUpdates says what becomes of entities that come after their alert.
type AlertUpdates uint8

// The values of the setting alert_updates.
const (
	ReviseAlerts   AlertUpdates = iota // the alert comes again, complete, as its next revision
	AlertsOnce                         // an alert comes once
	AlertsUnmerged                     // an alert comes at once, without entities
)

// String returns the value as the setting has it.
func (u AlertUpdates) String() string {
	return [...]string{"revise", "once", "off"}[u]
}

// MergeOptions are the settings of the merge. The last two have defaults, which
// count where they are less than 1.
type MergeOptions struct {
	Updates       AlertUpdates
	Wait          time.Duration // how long an alert waits for entities; 0: not at all
	TTL           time.Duration // how long entities wait for their alert, and are taken in after it
	MaxEntities   int           // listed per alert
	StatusUpdates bool          // AlertUpdated records count
	Bundle        bool          // the texts of the originals are kept too
	MaxKeys       int           // alerts held; 10,000
	MaxBytes      int           // of all of them; 48 MiB
}

func (o MergeOptions) withDefaults() MergeOptions {
	if o.MaxKeys < 1 {
		o.MaxKeys = 10_000
	}
	if o.MaxBytes < 1 {
		o.MaxBytes = 48 << 20 // 10,000 alerts of the usual 2 KB, measured, and some long ones
	}
	return o
}

// patience is how long a revision waits at most for the contents known at its
// cause: as long as an alert does, or would by default.
func (o MergeOptions) patience() time.Duration {
	if o.Wait > 0 {
		return o.Wait
	}
	return 5 * time.Minute
}

// Arrival is the moment at which a record is noted.
type Arrival struct {
	Now   time.Time
	Known uint64 // number of the newest content of Audit.General that is known
}

// AlertChange is one entry of the saved state of a Merger: Value nil deletes it.
// Of two changes with one Key the later one counts. Keys are made so that those
// of alerts that come one after the other are neighbors in bytewise order.
type AlertChange struct {
	Key   string
	Value []byte
}

// Emission is an alert to be emitted. Its changes are to be stored in one
// transaction with the note that its record was handed over.
type Emission struct {
	Alert   MergedAlert
	Changes []AlertChange
}

// MergeStats tells what a Merger has and has done.
type MergeStats struct {
	Held     int // alerts known, emitted or not, and entities' alerts that have not come
	Pending  int // of these, alerts that wait to be emitted
	Merged   uint64
	Revised  uint64
	Orphaned uint64 // entities forgotten without an alert
	Unkeyed  uint64 // triggers without AlertId
	Evicted  uint64 // alerts forgotten for want of room
}

// Merger brings the records of one alert together: AlertTriggered, the
// AlertEntityGenerated of each entity, and AlertUpdated. They come in any order
// and in any contents; what it makes of them depends on the records alone.
//
// It is pure: the time comes in, and what has to outlast the process goes out as
// changes of a saved state, from which NewMerger goes on. The caller stores the
// changes of a Note together with the record that was noted, those of an Emission
// together with the alert record, all in the order in which they were returned.
// Then a crash anywhere loses nothing: records whose changes were not stored are
// noted again, which changes nothing that is known already, and an alert whose
// emission was not stored is emitted again under the same uid and revision.
//
// One goroutine at a time may use it.
type Merger struct {
	o      MergeOptions
	alerts map[string]*heldAlert

	// Each alert is in one of these.
	waiting  alertQueue // something is to be emitted, at the latest when it is due
	hastened alertQueue // the same, and the alert goes with it: see leaving
	settled  alertQueue // all is emitted; by when they are forgotten
	orphans  alertQueue // no trigger has come; by when they are forgotten

	turns     turns         // of waiting alerts
	bytes     int           // of alerts that are not leaving
	forgotten []AlertChange // to be stored with whatever comes next
	stats     MergeStats
}

// Stats returns the numbers of m.
func (m *Merger) Stats() MergeStats {
	s := m.stats
	s.Held, s.Pending = len(m.alerts), len(m.waiting)+len(m.hastened)
	return s
}

// Note takes in what a record says, and returns how the saved state changes by
// it. A record that says nothing new changes nothing. Ask Due afterwards.
func (m *Merger) Note(n AlertNote, at Arrival) []AlertChange {
	if n.kind != alertNew && m.o.Updates == AlertsUnmerged || n.kind == alertUpdate && !m.o.StatusUpdates {
		return nil
	}
	id := n.heldID()
	a, known := m.alerts[id]
	if known && !a.waiting() && !at.Now.Before(a.expires) {
		m.forget(a)
		known = false
	}
	if !known {
		a = &heldAlert{id: id, met: at.Now.UnixNano(), lists: noLists}
	} else if a.emitted && m.o.Updates == AlertsOnce {
		return nil
	}
	was := *a
	changed, head := a.take(n, m.o)
	if !changed {
		return nil
	}
	m.alerts[id] = a
	m.schedule(a, at, &was)
	m.account(a)
	m.makeRoom(at.Now)
	return m.changes(a, head)
}

// schedule decides when a has its turn, now that it is more than it was.
func (m *Merger) schedule(a *heldAlert, at Arrival, was *heldAlert) {
	switch {
	case !a.triggered:
		a.expires = at.Now.Add(m.o.TTL)
	case !was.triggered:
		a.seen, a.expires = at.Now, at.Now.Add(m.o.TTL)
		a.due, a.barrier = at.Now.Add(m.o.Wait), at.Known
		if m.o.Updates == AlertsUnmerged || a.lone {
			a.due, a.leaving = at.Now, true
		}
		if a.lone {
			m.stats.Unkeyed++
		}
	case !a.waiting(): // news of an alert that is out
		a.due, a.barrier = at.Now.Add(m.o.patience()), at.Known
	case !a.emitted && !was.hasEntities && a.hasEntities:
		// What it has been waiting for; more may come in the same cycle.
		a.barrier = max(a.barrier, at.Known)
	}
	m.enqueue(a)
}

// enqueue puts a into the queue that it belongs in.
func (m *Merger) enqueue(a *heldAlert) {
	switch {
	case a.waiting() && a.leaving:
		a.move(&m.hastened)
	case a.waiting():
		a.move(&m.waiting)
		if a.complete() {
			m.turns.wait(a)
		} else {
			a.turn = 0 // an earlier trigger may say that entities come after all
		}
	case a.triggered:
		a.move(&m.settled)
	default:
		a.move(&m.orphans)
	}
}

// account keeps the sum of what all alerts hold.
func (m *Merger) account(a *heldAlert) {
	m.bytes -= a.bytes
	a.bytes = 0
	if !a.leaving {
		a.bytes = a.size()
	}
	m.bytes += a.bytes
}

// overheadBytes is about what an alert takes beside its texts, in memory.
const overheadBytes = 512

func (a *heldAlert) size() int { return overheadBytes + len(a.id) + len(a.head) + len(a.lists) }

// makeRoom forgets alerts while there are too many: those that are out, oldest
// first, then entities without an alert. No trigger is ever dropped: where only
// waiting alerts are left the oldest of them are emitted before their time.
func (m *Merger) makeRoom(now time.Time) {
	for len(m.alerts)-len(m.hastened) > m.o.MaxKeys || m.bytes > m.o.MaxBytes && len(m.alerts) > len(m.hastened)+1 {
		m.stats.Evicted++
		switch {
		case len(m.settled) > 0:
			m.forget(m.settled.first())
		case len(m.orphans) > 0:
			m.forget(m.orphans.first())
		default:
			m.hasten(now)
		}
	}
}

// hasten makes the oldest waiting alert due, which then leaves.
func (m *Merger) hasten(now time.Time) {
	oldest := m.waiting.first()
	oldest.leaving, oldest.due = true, now
	m.account(oldest)
	m.enqueue(oldest)
}

// forget lets go of an alert.
func (m *Merger) forget(a *heldAlert) {
	if !a.triggered {
		lists := a.unpackLists()
		m.stats.Orphaned += uint64(lists.entities.len(m.o.entityBounds())) //nolint:gosec // not negative
	}
	a.leave()
	delete(m.alerts, a.id)
	m.bytes -= a.bytes
	m.forgotten = append(m.forgotten, AlertChange{Key: a.headKey()}, AlertChange{Key: a.tailKey()})
	a.head, a.lists = "", noLists // a turn that is none any more may still hold a
}

// changes returns what is to be stored of a, behind what was forgotten.
func (m *Merger) changes(a *heldAlert, head bool) []AlertChange {
	c := m.forgotten
	m.forgotten = nil
	if m.alerts[a.id] != a {
		return c
	}
	if head {
		c = append(c, AlertChange{Key: a.headKey(), Value: []byte(a.head)})
	}
	return append(c, AlertChange{Key: a.tailKey(), Value: a.tail()})
}

// Due takes no more alerts at once, and none more when it has so many bytes: at the
// end of a backlog all that were held for it come due together. 10,000 of the usual
// length are 30 MB as records, and a few hundred long ones are as much.
const (
	dueAtOnce      = 256
	dueBytesAtOnce = 1 << 20
)

// Due returns alerts that are to be emitted now, given that the records of all
// contents of Audit.General up to number done have been noted: ask again until
// there are none. It also forgets what is too old; the changes of that come with
// the next ones.
func (m *Merger) Due(now time.Time, done uint64) []Emission {
	var out []Emission
	for len(out) == 0 {
		ready := m.ready(now, done)
		if len(ready) == 0 {
			break
		}
		slices.SortFunc(ready, func(a, b *heldAlert) int {
			return cmp.Or(a.seen.Compare(b.seen), strings.Compare(a.id, b.id))
		})
		for _, a := range ready {
			if e, ok := m.emit(a); ok {
				out = append(out, e)
			}
		}
	}
	for _, q := range []*alertQueue{&m.settled, &m.orphans} {
		for a := q.first(); a != nil && !now.Before(a.until()); a = q.first() {
			m.forget(a)
		}
	}
	return out
}

// ready takes alerts out of their queues that are to be emitted: they have waited
// long enough, or what was known when they came is done.
func (m *Merger) ready(now time.Time, done uint64) []*heldAlert {
	var ready []*heldAlert
	bytes := 0
	full := func() bool { return len(ready) == dueAtOnce || bytes >= dueBytesAtOnce }
	take := func(a *heldAlert) {
		a.leave()
		ready = append(ready, a)
		bytes += a.size()
	}
	for _, q := range []*alertQueue{&m.hastened, &m.waiting} {
		for a := q.first(); a != nil && !now.Before(a.due) && !full(); a = q.first() {
			take(a)
		}
	}
	for !full() {
		a := m.turns.take(done)
		if a == nil {
			break
		}
		take(a)
	}
	m.turns.tidy(len(m.waiting))
	return ready
}

// complete reports whether a waits for no more than the contents known.
func (a *heldAlert) complete() bool {
	return a.emitted || a.cloudApp || a.hasEntities
}

// emit makes the emission of an alert, if there is anything new to be said.
func (m *Merger) emit(a *heldAlert) (Emission, bool) {
	alert := a.merged(m.o)
	sum := alert.digest()
	isNew := !a.emitted || sum != a.sum
	switch {
	case !a.emitted:
		m.stats.Merged++
	case isNew:
		a.revision++
		m.stats.Revised++
	}
	alert.Revision = a.revision
	a.emitted, a.sum, a.due = true, sum, time.Time{}
	if a.leaving {
		m.forget(a)
	} else {
		m.enqueue(a)
	}
	if !isNew {
		return Emission{}, false
	}
	return Emission{Alert: alert, Changes: m.changes(a, false)}, true
}

// Next returns when Due has something to do by time alone; false when never.
func (m *Merger) Next() (time.Time, bool) {
	var next time.Time
	for _, q := range []*alertQueue{&m.waiting, &m.hastened, &m.settled, &m.orphans} {
		if a := q.first(); a != nil && (next.IsZero() || a.until().Before(next)) {
			next = a.until()
		}
	}
	return next, !next.IsZero()
}
