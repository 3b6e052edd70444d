// Package dedup remembers the records that have been collected, so that a
// repeat is dropped: Microsoft stores an event twice now and then by design,
// publishes a whole blob again days later under a new contentId, and a blob
// that was half handed over at a crash is fetched again.
//
// A record is known by its Identity, 16 bytes of a hash. The Set holds those of
// the records that were collected, or made available, within a window, at most a
// given number, the oldest going first; but never one of a blob that is not
// done yet, for its other half is still to come.
//
// Identities are kept in packs, one for each committed batch: the state file
// stores a pack as one value (500,000 single keys were measured at 100 MB and
// 144 ms a commit, packed values at 16 MB and 2 ms). A pack is evicted as a
// whole.
//
// The Set is not safe for concurrent use. The functions that make identities
// are.
package dedup

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"time"

	"office365/normalize"
)

// Identity stands for one record of one content type.
type Identity [16]byte

// Size is the length of an Identity in bytes.
const Size = len(Identity{})

// domains keep identities of different making apart.
const (
	byKey byte = iota + 1
	byPlace
	byText
)

// OfKey identifies a record by its own Id, RecordNumber (parts of one split
// record share the Id), CreationTime and Operation. Ids differ in letter case
// between deliveries, so case is folded. ok is false for a record without an
// Id: use OfPlace.
func OfKey(ct normalize.ContentType, key normalize.Key) (id Identity, ok bool) {
	if key.ID == "" {
		return Identity{}, false
	}
	return sum(byKey, string(ct), strings.ToLower(key.ID), key.RecordNumber, key.CreationTime, key.Operation), true
}

// OfPlace identifies a record by its content and its position in it.
func OfPlace(ct normalize.ContentType, contentID string, position int) Identity {
	var place [8]byte
	binary.BigEndian.PutUint64(place[:], uint64(position)) //nolint:gosec // not negative
	return sum(byPlace, string(ct), contentID, string(place[:]))
}

// OfText identifies a text that is no record by its content and itself: where
// the reader lost its way, positions mean little.
func OfText(ct normalize.ContentType, contentID string, text []byte) Identity {
	return sum(byText, string(ct), contentID, string(text))
}

func sum(domain byte, parts ...string) Identity {
	// 256 bytes hold the parts of nearly every record without an allocation.
	buf := append(make([]byte, 0, 256), domain)
	for _, p := range parts {
		buf = binary.AppendUvarint(buf, uint64(len(p)))
		buf = append(buf, p...)
	}
	hash := sha256.Sum256(buf)
	return Identity(hash[:Size])
}

// Part is what a batch holds of one content, or of all contents of a type that
// are done.
type Part struct {
	Type      normalize.ContentType
	ContentID string    // "" = of contents that are done
	Created   time.Time // contentCreated, the latest of them; it decides the age
	IDs       []Identity
}

// Pack is the identities of one committed batch.
type Pack struct {
	Seq   uint64    // grows from batch to batch, over restarts too
	At    time.Time // of the commit
	Parts []Part
}

// NewPack returns the pack of a batch. The parts of contents that are done are
// merged: of a thousand small contents their names would take more room, in
// memory and in the file, than the identities do, and nobody asks for them
// again.
func NewPack(seq uint64, at time.Time, parts []Part, done func(normalize.ContentType, string) bool) Pack {
	p := Pack{Seq: seq, At: at}
	merged := map[normalize.ContentType]Part{}
	for _, part := range parts {
		if !done(part.Type, part.ContentID) {
			p.Parts = append(p.Parts, part)
			continue
		}
		m := merged[part.Type]
		m.Type, m.IDs = part.Type, append(m.IDs, part.IDs...)
		if part.Created.After(m.Created) {
			m.Created = part.Created
		}
		merged[part.Type] = m
	}
	for _, ct := range slices.Sorted(maps.Keys(merged)) {
		part := merged[ct]
		part.IDs = slices.Clip(part.IDs)
		p.Parts = append(p.Parts, part)
	}
	return p
}

func (p Pack) count() int {
	n := 0
	for _, part := range p.Parts {
		n += len(part.IDs)
	}
	return n
}

// seen is when the pack's records were last seen: collected, or made available.
// Old content that is caught up on is as new to us as any.
func (p Pack) seen() time.Time {
	t := p.At
	for _, part := range p.Parts {
		if part.Created.After(t) {
			t = part.Created
		}
	}
	return t
}

// Limits bound a Set.
type Limits struct {
	Window time.Duration // since a record was collected, or its contentCreated, whichever is later
	Max    int           // identities
}

// Set is the identities seen.
type Set struct {
	limits Limits
	seen   table
	packs  []kept // oldest first
	packed int    // identities in packs
}

// kept is a pack whose identities are in the table.
type kept struct {
	seq   uint64
	seen  time.Time
	parts []Part // of contents that have a name; without IDs
	slots []uint32
}

// NewSet returns a set that holds the given packs, oldest first, as they were
// stored.
func NewSet(limits Limits, packs []Pack) *Set {
	s := &Set{limits: limits}
	for _, p := range packs {
		for _, part := range p.Parts {
			for _, id := range part.IDs {
				s.Add(id)
			}
		}
		s.Keep(p)
	}
	return s
}

// Add reports whether the identity is new, and remembers it from then on. It
// is safe from eviction until the pack that holds it is kept.
func (s *Set) Add(id Identity) bool { return s.seen.add(id) }

// Forget takes back an Add that came to nothing.
func (s *Set) Forget(id Identity) { s.seen.remove(&id) }

// Len is the number of identities remembered.
func (s *Set) Len() int { return s.seen.n }

// Over reports whether there are so many more than the maximum that it is time
// for Stale.
func (s *Set) Over() bool { return s.packed > s.limits.Max+s.limits.Max/20 }

// Keep takes the pack of a committed batch in, whose identities were added. A
// pack without identities is not worth keeping.
func (s *Set) Keep(p Pack) {
	n := p.count()
	if n == 0 {
		return
	}
	k := kept{seq: p.Seq, seen: p.seen(), slots: make([]uint32, 0, n)}
	for _, part := range p.Parts {
		if part.ContentID != "" {
			k.parts = append(k.parts, Part{Type: part.Type, ContentID: part.ContentID})
		}
		for _, id := range part.IDs {
			if slot, ok := s.seen.own(&id); ok {
				k.slots = append(k.slots, slot)
			}
		}
	}
	s.packs = append(s.packs, k)
	s.packed += len(k.slots)
}

// Stale returns the sequence numbers of the packs that are out of the window or
// over the maximum, oldest first. undone tells whether a content is not done
// yet: its packs stay. The packs are still there until Evict.
func (s *Set) Stale(now time.Time, undone func(normalize.ContentType, string) bool) []uint64 {
	over := s.packed - s.limits.Max
	edge := now.Add(-s.limits.Window)
	var seqs []uint64
	for _, p := range s.packs {
		if over <= 0 && !p.seen.Before(edge) {
			continue
		}
		if needed(p, undone) {
			continue
		}
		over -= len(p.slots)
		seqs = append(seqs, p.seq)
	}
	return seqs
}

func needed(p kept, undone func(normalize.ContentType, string) bool) bool {
	for _, part := range p.parts {
		if undone(part.Type, part.ContentID) {
			return true
		}
	}
	return false
}

// Evict forgets the packs, which Stale has named.
func (s *Set) Evict(seqs []uint64) {
	if len(seqs) == 0 {
		return
	}
	gone := make(map[uint64]bool, len(seqs))
	for _, seq := range seqs {
		gone[seq] = true
	}
	stay := s.packs[:0]
	for _, p := range s.packs {
		if !gone[p.seq] {
			stay = append(stay, p)
			continue
		}
		s.packed -= len(p.slots)
		for _, slot := range p.slots {
			id := *s.seen.at(slot)
			s.seen.remove(&id)
		}
	}
	clear(s.packs[len(stay):])
	s.packs = stay
}
