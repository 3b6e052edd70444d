package normalize

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"time"
)

// MergedAlert is an alert with all that is known about it: what an alert record
// is made of.
type MergedAlert struct {
	UID      string
	Revision int
	// Text is the JSON of the earliest trigger, with the Status, Severity,
	// Comments and AlertLinks that the latest record gave it.
	Text      string
	Entities  []Entity
	Count     int  // of entities, also those not listed
	Truncated bool // not all of them are listed
	RecordIDs []string
	// Originals are the texts of the records that made the alert, when a bundle
	// of them is wanted, and OriginalsCut tells that some had no room.
	Originals    []string
	OriginalsCut bool
	// Seen is when its first trigger came. It stands in for a CreationTime that is
	// no time, so that every revision has the same.
	Seen time.Time
}

// heldAlert is what a Merger knows about one alert, or about the entities of one
// that has not come yet. There may be 10,000: what is not needed to decide when
// an alert has its turn is packed, as it is saved.
type heldAlert struct {
	id    string // of the alert within the Merger and the saved state
	met   int64  // when its first record came, in nanoseconds since 1970; see stateName
	head  string // an alertHead, packed; empty before a trigger or update has come
	lists string // an alertLists, packed

	seen     time.Time // when the first trigger came
	expires  time.Time // when it is forgotten
	due      time.Time // when it is emitted at the latest; zero while nothing is to be emitted
	barrier  uint64    // or once this content and all before it are done
	revision int       // emitted last
	sum      digest

	triggered   bool // a trigger has come
	lone        bool // nothing can be merged with it
	cloudApp    bool // it never gets entities
	hasEntities bool
	leaving     bool // goes when it is emitted
	emitted     bool

	at    place  // in the queues of the Merger
	turn  uint64 // its barrier in the turns of the Merger, and 1; 0: it has none
	bytes int    // as the Merger has counted it
}

// alertHead is what the triggers and updates of an alert say.
type alertHead struct {
	base  baseTrigger
	last  saying // of the latest trigger
	newer saying // of the latest update
}

// baseTrigger is the earliest trigger, which is what an alert record is made of.
type baseTrigger struct {
	saying
	text string // the record as JSON
}

// alertLists is what all records of an alert have in common.
type alertLists struct{ entities, recordIDs, originals shortlist }

// noLists is what an alert begins with.
var noLists = (&alertLists{}).pack()

func (l *alertLists) all() []*shortlist {
	return []*shortlist{&l.entities, &l.recordIDs, &l.originals}
}

// digest tells contents of a merged alert from one another.
type digest [16]byte

// saying is what one record said, and which record that was.
type saying struct {
	at time.Time
	id string
	said
}

// Bounds of what is kept of one alert.
const (
	maxEntityText    = 64 << 10  // of one AlertEntityId
	maxEntityBytes   = 256 << 10 // of all that are listed
	maxEntities      = 10_000    // counted
	maxRecordIDs     = 1000      // in related.record_ids
	maxRecordIDBytes = 64 << 10
	maxOriginals     = 1000 // in a bundle
	maxOriginalText  = 64 << 10
	maxOriginalBytes = 256 << 10
)

func (o MergeOptions) entityBounds() bounds {
	return bounds{listed: min(o.MaxEntities, maxEntities), bytes: maxEntityBytes, text: maxEntityText, count: maxEntities}
}

var (
	recordIDBounds = bounds{listed: maxRecordIDs, bytes: maxRecordIDBytes, text: maxUIDPart}
	originalBounds = bounds{listed: maxOriginals, bytes: maxOriginalBytes, text: maxOriginalText, count: maxEntities}
)

// waiting reports whether there is, or may be, something to emit.
func (a *heldAlert) waiting() bool { return !a.due.IsZero() }

// until is when a has its turn in the queue that it stands in.
func (a *heldAlert) until() time.Time {
	if a.waiting() {
		return a.due
	}
	return a.expires
}

// lonePrefix keeps the name of an alert that nothing can be merged with apart
// from all others: those are in lower case.
const lonePrefix = "LONE "

func (n AlertNote) heldID() string {
	if n.lone {
		return lonePrefix + n.uid
	}
	return n.uid
}

func (a *heldAlert) uid() string { return strings.TrimPrefix(a.id, lonePrefix) }

// take takes in what a record says. It returns whether anything is known now that
// was not before, and whether that is in the head of the saved state.
func (a *heldAlert) take(n AlertNote, o MergeOptions) (changed, head bool) {
	head = n.kind != alertEntity && a.takeSaying(n)
	lists := a.unpackLists()
	if changed = lists.take(n, o); changed {
		a.lists, a.hasEntities = lists.pack(), !lists.entities.empty()
	}
	return changed || head, head
}

// takeSaying takes in what a trigger or an update says.
func (a *heldAlert) takeSaying(n AlertNote) (changed bool) {
	h := a.unpackHead()
	s := saying{at: n.created, id: n.id, said: n.said}
	if n.kind == alertUpdate {
		s.said = s.ofUpdate()
		changed = h.newer.follow(s)
	} else {
		changed = h.last.follow(s)
		if base := (baseTrigger{saying: s, text: n.text}); !a.triggered || base.before(h.base) {
			h.base, a.triggered, a.lone, a.cloudApp = base, true, n.lone, n.cloudApp
			changed = true
		}
	}
	if changed {
		a.head = h.pack()
	}
	return changed
}

func (l *alertLists) take(n AlertNote, o MergeOptions) (changed bool) {
	if n.entity.ID != "" && n.kind != alertUpdate {
		x := ranked{at: n.created, a: n.entity.Type, b: n.entity.ID}
		changed = l.entities.add(x, o.entityBounds())
	}
	if n.id != "" {
		changed = l.recordIDs.add(ranked{a: n.id}, recordIDBounds) || changed
	}
	if o.Bundle {
		changed = l.originals.add(ranked{at: n.created, a: n.id, b: n.text}, originalBounds) || changed
	}
	return changed
}

// before orders triggers: by CreationTime, then by Id. The text decides last, so
// that the order never depends on who came first.
func (b baseTrigger) before(c baseTrigger) bool {
	return cmp.Or(compareTimes(b.at, c.at), strings.Compare(b.id, c.id), strings.Compare(b.text, c.text)) < 0
}

// follow takes y in place of s when it is the later one. A record without a time
// is never later than one that has it.
func (s *saying) follow(y saying) bool {
	if s.compare(y) >= 0 {
		return false
	}
	*s = y
	return true
}

func (s *saying) compare(y saying) int {
	c := cmp.Or(s.at.Compare(y.at), strings.Compare(s.id, y.id))
	for i := range s.said {
		c = cmp.Or(c, strings.Compare(s.said[i], y.said[i]))
	}
	return c
}

func (s said) ofUpdate() said {
	clear(s[saidByUpdate:])
	return s
}

// merged returns the alert as it is now.
func (a *heldAlert) merged(o MergeOptions) MergedAlert {
	h, l, b := a.unpackHead(), a.unpackLists(), o.entityBounds()
	m := MergedAlert{
		UID:       a.uid(),
		Text:      h.text(o),
		Entities:  make([]Entity, l.entities.listed(b)),
		Count:     l.entities.len(b),
		RecordIDs: make([]string, l.recordIDs.listed(recordIDBounds)),
		Seen:      a.seen,
	}
	for i := range m.Entities {
		m.Entities[i] = Entity{Type: l.entities.items[i].a, ID: l.entities.items[i].b}
	}
	m.Truncated = m.Count > len(m.Entities)
	for i := range m.RecordIDs {
		m.RecordIDs[i] = l.recordIDs.items[i].a
	}
	if o.Bundle {
		for _, x := range l.originals.items[:l.originals.listed(originalBounds)] {
			m.Originals = append(m.Originals, x.b)
		}
		m.OriginalsCut = l.originals.len(originalBounds) > len(m.Originals)
	}
	return m
}

// text returns the base with what later records said. Where two members of an
// object have one name the last one counts, so these are written behind it.
func (h *alertHead) text(o MergeOptions) string {
	says := h.base.said
	later := []said{h.last.said, h.newer.said}
	switch {
	case !o.StatusUpdates:
		later = later[:1]
	case h.newer.at.Before(h.last.at): // in the same second the update came after the trigger
		later[0], later[1] = later[1], later[0]
	}
	for _, s := range later {
		for i, v := range s {
			if v != "" {
				says[i] = v
			}
		}
	}
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(h.base.text, "}"))
	for i, v := range says {
		if v != h.base.said[i] {
			b.WriteString(`,"` + saidNames[i] + `":` + v)
		}
	}
	b.WriteByte('}')
	return b.String()
}

// digest covers all that decides the alert record but its revision and the times
// of emission. Settings do not count: a new tenant_name is no news of an alert.
func (m *MergedAlert) digest() digest {
	h := sha256.New()
	var scratch []byte
	write := func(texts ...string) {
		scratch = binary.AppendUvarint(scratch[:0], uint64(len(texts)))
		for _, s := range texts {
			scratch = append(binary.AppendUvarint(scratch, uint64(len(s))), s...)
		}
		h.Write(scratch)
	}
	write(m.UID, m.Text)
	for _, e := range m.Entities {
		write(e.Type, e.ID)
	}
	write(m.RecordIDs...)
	write(m.Originals...)
	h.Write(binary.AppendUvarint(nil, uint64(m.Count))) //nolint:gosec // not negative
	return digest(h.Sum(nil)[:len(digest{})])
}
