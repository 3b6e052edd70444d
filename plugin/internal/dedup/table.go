package dedup

import "encoding/binary"

// table holds identities in numbered slots: 16 bytes each and 4 to 11 of index,
// where a map and the list of what to take out of it took 40.
type table struct {
	blocks []*[blockSize]Identity
	used   uint32   // slots that were ever in use
	free   []uint32 // slots that were, and are not now
	owned  []bool   // by slot: a pack counts on it
	index  []uint32 // slot+1 at the place of its identity or after it; 0 = nothing
	n      int
}

const (
	blockSize  = 4096
	leastIndex = 1024 // a power of two, as every length of index is
)

func (t *table) at(slot uint32) *Identity { return &t.blocks[slot/blockSize][slot%blockSize] }

// place is where an identity belongs; it is a hash itself.
func (t *table) place(id *Identity) uint32 {
	return uint32(binary.BigEndian.Uint64(id[:])) & t.mask() //nolint:gosec // the low bits
}

func (t *table) mask() uint32 { return uint32(len(t.index) - 1) } //nolint:gosec // far less than 4 billion

// find returns the slot of the identity, and where in index that is noted or
// would be.
func (t *table) find(id *Identity) (slot, where uint32, ok bool) {
	if len(t.index) == 0 {
		return 0, 0, false
	}
	for where = t.place(id); t.index[where] != 0; where = (where + 1) & t.mask() {
		if slot = t.index[where] - 1; *t.at(slot) == *id {
			return slot, where, true
		}
	}
	return 0, where, false
}

// add takes the identity in; false when it is there already.
func (t *table) add(id Identity) bool {
	if 4*(t.n+1) > 3*len(t.index) {
		t.grow()
	}
	_, where, ok := t.find(&id)
	if ok {
		return false
	}
	slot := t.slot()
	*t.at(slot) = id
	t.index[where] = slot + 1
	t.n++
	return true
}

func (t *table) slot() uint32 {
	if last := len(t.free) - 1; last >= 0 {
		slot := t.free[last]
		t.free = t.free[:last]
		return slot
	}
	if t.used%blockSize == 0 {
		t.blocks = append(t.blocks, new([blockSize]Identity))
	}
	t.used++
	t.owned = append(t.owned, false)
	return t.used - 1
}

// own returns the slot of an identity that no pack has owned until now. Two that
// own one slot would remove two identities in the end.
func (t *table) own(id *Identity) (slot uint32, ok bool) {
	slot, _, ok = t.find(id)
	if !ok || t.owned[slot] {
		return 0, false
	}
	t.owned[slot] = true
	return slot, true
}

func (t *table) grow() {
	old := t.index
	t.index = make([]uint32, max(leastIndex, 2*len(old)))
	for _, noted := range old {
		if noted != 0 {
			_, where, _ := t.find(t.at(noted - 1))
			t.index[where] = noted
		}
	}
}

// remove takes the identity out.
func (t *table) remove(id *Identity) {
	slot, hole, ok := t.find(id)
	if !ok {
		return
	}
	t.free = append(t.free, slot)
	t.owned[slot] = false
	t.n--
	// What was put behind the hole because of it moves up, or would not be found.
	for next := (hole + 1) & t.mask(); t.index[next] != 0; next = (next + 1) & t.mask() {
		home := t.place(t.at(t.index[next] - 1))
		if (next-home)&t.mask() >= (next-hole)&t.mask() {
			t.index[hole] = t.index[next]
			hole = next
		}
	}
	t.index[hole] = 0
}
