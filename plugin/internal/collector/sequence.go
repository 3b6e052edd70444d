package collector

import (
	"math/bits"
	"sync"
)

// sequence numbers the contents of one content type in the order in which they
// become known, from 1, and tells up to which number all of them are read: by
// then whatever was known at some moment has been seen.
type sequence struct {
	mu    sync.Mutex
	last  uint64   // given out
	base  uint64   // numbers up to here are done; a multiple of 64
	words []uint64 // a bit for each number after base: done
}

// next returns the number of a content that has become known.
func (s *sequence) next() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	return s.last
}

// known returns the number given out last.
func (s *sequence) known() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// finish notes that nothing more is to be waited for from the content with this
// number. It may be told more than once; 0 is no number.
func (s *sequence) finish(number uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if number <= s.base {
		return
	}
	at := number - s.base - 1
	for uint64(len(s.words)) <= at/64 {
		s.words = append(s.words, 0)
	}
	s.words[at/64] |= 1 << (at % 64)
	for len(s.words) > 0 && s.words[0] == ^uint64(0) {
		s.words = s.words[1:]
		s.base += 64
	}
}

// done returns the number up to which all contents are finished.
func (s *sequence) done() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.words) == 0 {
		return s.base
	}
	return s.base + uint64(bits.TrailingZeros64(^s.words[0])) //nolint:gosec // not negative
}
