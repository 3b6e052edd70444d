package normalize

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
	"time"
)

// shortlist is a set of pairs of texts, each with the earliest time at which it
// was met. It keeps the first pairs, by time and then by text, as they are and
// remembers of the others no more than that they were there. What it lists and
// counts depends on the pairs alone, never on the order in which they came.
//
// The first pair that does not fit is kept too: whatever comes behind it is none
// to list, however short it is.
type shortlist struct {
	items  []ranked // in order
	bytes  int      // of items
	rest   []uint64 // hashes of the others, in order
	closed bool     // pairs behind the last item are not known any more
}

// ranked is one pair: an entity's type and id, a record's Id and text.
type ranked struct {
	at   time.Time // zero when not known, and last in order
	a, b string
}

// bounds are the limits of a shortlist.
type bounds struct {
	listed int // pairs
	bytes  int // of all pairs listed
	text   int // bytes of one text: a pair with a longer one is counted, not listed
	count  int // pairs known, listed or not; below listed, the others are forgotten
}

func (x ranked) bytes() int { return len(x.a) + len(x.b) }

func (x ranked) same(y ranked) bool { return x.a == y.a && x.b == y.b }

// compareTimes puts the time that is not known last.
func compareTimes(x, y time.Time) int {
	switch {
	case x.IsZero() && y.IsZero():
		return 0
	case x.IsZero():
		return 1
	case y.IsZero():
		return -1
	default:
		return x.Compare(y)
	}
}

func (x ranked) compare(y ranked) int {
	return cmp.Or(compareTimes(x.at, y.at), strings.Compare(x.a, y.a), strings.Compare(x.b, y.b))
}

// hash stands for a pair whose texts are not kept.
func (x ranked) hash() uint64 {
	// 256 bytes hold nearly every pair without an allocation.
	text := binary.BigEndian.AppendUint64(make([]byte, 0, 256), uint64(len(x.a)))
	sum := sha256.Sum256(append(append(text, x.a...), x.b...))
	return binary.BigEndian.Uint64(sum[:])
}

// add takes a pair in, and reports whether anything has changed by it.
func (s *shortlist) add(x ranked, b bounds) bool {
	if i := slices.IndexFunc(s.items, x.same); i >= 0 {
		if compareTimes(x.at, s.items[i].at) >= 0 {
			return false
		}
		s.remove(i)
	} else if s.isBehind(x, b) {
		return s.count(x.hash(), b)
	} else if len(s.rest) > 0 {
		if i, ok := slices.BinarySearch(s.rest, x.hash()); ok {
			s.rest = slices.Delete(s.rest, i, i+1)
		}
	}
	i, _ := slices.BinarySearchFunc(s.items, x, ranked.compare)
	s.items = slices.Insert(s.items, i, x)
	s.bytes += x.bytes()
	s.trim(b)
	return true
}

// isBehind reports whether a pair that is no item is none to list either.
func (s *shortlist) isBehind(x ranked, b bounds) bool {
	if max(len(x.a), len(x.b)) > b.text {
		return true
	}
	return s.closed && (len(s.items) == 0 || x.compare(s.items[len(s.items)-1]) > 0)
}

// count remembers a pair that is not listed, while there is room.
func (s *shortlist) count(hash uint64, b bounds) bool {
	i, known := slices.BinarySearch(s.rest, hash)
	if known || len(s.items)+len(s.rest) >= b.count {
		return false
	}
	s.rest = slices.Insert(s.rest, i, hash)
	return true
}

// remove takes an item out and returns it.
func (s *shortlist) remove(i int) ranked {
	x := s.items[i]
	s.bytes -= x.bytes()
	s.items = slices.Delete(s.items, i, i+1)
	return x
}

// trim lets go of what is behind the first item that does not fit.
func (s *shortlist) trim(b bounds) {
	for keep := s.listed(b) + 1; len(s.items) > keep; s.closed = true {
		s.count(s.remove(len(s.items)-1).hash(), b)
	}
}

// listed returns how many of the items fit.
func (s *shortlist) listed(b bounds) int {
	n, total := len(s.items), s.bytes
	for n > b.listed || total > b.bytes { // at most one item, unless the bounds have changed
		n--
		total -= s.items[n].bytes()
	}
	return n
}

// len returns how many pairs are known, at most as many as bounds.count.
func (s *shortlist) len(b bounds) int {
	return min(len(s.items)+len(s.rest), max(b.count, s.listed(b)))
}

func (s *shortlist) empty() bool { return len(s.items)+len(s.rest) == 0 }
