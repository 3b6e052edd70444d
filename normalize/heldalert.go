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
// that has not come yet.
type heldAlert struct {
	id    string // of the alert within the Merger and the saved state
	met   int64  // when its first record came, in nanoseconds since 1970; see stateName
	uid   string
	base  AlertNote // the earliest trigger; kind noAlert before one has come
	last  saying    // of the latest trigger
	newer saying    // of the latest update

	entities  shortlist
	recordIDs shortlist
	originals shortlist

	seen     time.Time // when the first trigger came
	expires  time.Time // when it is forgotten
	due      time.Time // when it is emitted at the latest; zero while nothing is to be emitted
	barrier  uint64    // or once this content and all before it are done
	leaving  bool      // goes when it is emitted
	emitted  bool
	revision int // emitted last
	sum      digest

	at    place  // in the queues of the Merger
	turn  uint64 // its barrier in the turns of the Merger, and 1; 0: it has none
	bytes int    // as the Merger has counted it
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

func (a *heldAlert) triggered() bool { return a.base.kind != noAlert }

// waiting reports whether there is, or may be, something to emit.
func (a *heldAlert) waiting() bool { return !a.due.IsZero() }

// take takes in what a record says. It returns whether anything is known now that
// was not before, and whether that is in the head of the saved state.
func (a *heldAlert) take(n AlertNote, o MergeOptions) (changed, head bool) {
	switch n.kind {
	case alertNew:
		head = a.takeTrigger(n)
	case alertUpdate:
		head = a.newer.follow(saying{at: n.created, id: n.id, said: n.said.ofUpdate()})
	}
	changed = head
	if n.entity.ID != "" && n.kind != alertUpdate {
		x := ranked{at: n.created, a: n.entity.Type, b: n.entity.ID}
		changed = a.entities.add(x, o.entityBounds()) || changed
	}
	if n.id != "" {
		changed = a.recordIDs.add(ranked{a: n.id}, recordIDBounds) || changed
	}
	if o.Bundle {
		changed = a.originals.add(ranked{at: n.created, a: n.id, b: n.text}, originalBounds) || changed
	}
	return changed, head
}

func (a *heldAlert) takeTrigger(n AlertNote) (changed bool) {
	changed = a.last.follow(saying{at: n.created, id: n.id, said: n.said})
	if !a.triggered() || n.before(a.base) {
		a.base, changed = n, true
	}
	return changed
}

// before orders triggers: by CreationTime, then by Id. The text decides last, so
// that the order never depends on who came first.
func (n AlertNote) before(m AlertNote) bool {
	return cmp.Or(compareTimes(n.created, m.created), strings.Compare(n.id, m.id), strings.Compare(n.text, m.text)) < 0
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
	b := o.entityBounds()
	m := MergedAlert{
		UID:       a.uid,
		Text:      a.text(o),
		Entities:  make([]Entity, a.entities.listed(b)),
		Count:     a.entities.len(b),
		RecordIDs: make([]string, a.recordIDs.listed(recordIDBounds)),
		Seen:      a.seen,
	}
	for i := range m.Entities {
		m.Entities[i] = Entity{Type: a.entities.items[i].a, ID: a.entities.items[i].b}
	}
	m.Truncated = m.Count > len(m.Entities)
	for i := range m.RecordIDs {
		m.RecordIDs[i] = a.recordIDs.items[i].a
	}
	if o.Bundle {
		for _, x := range a.originals.items[:a.originals.listed(originalBounds)] {
			m.Originals = append(m.Originals, x.b)
		}
		m.OriginalsCut = a.originals.len(originalBounds) > len(m.Originals)
	}
	return m
}

// text returns the base with what later records said. Where two members of an
// object have one name the last one counts, so these are written behind it.
func (a *heldAlert) text(o MergeOptions) string {
	says := a.base.said
	later := []said{a.last.said, a.newer.said}
	switch {
	case !o.StatusUpdates:
		later = later[:1]
	case a.newer.at.Before(a.last.at): // in the same second the update came after the trigger
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
	b.WriteString(strings.TrimSuffix(a.base.text, "}"))
	for i, v := range says {
		if v != a.base.said[i] {
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
