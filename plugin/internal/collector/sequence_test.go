package collector

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestSequenceKnowsUpToWhereAllIsDone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := &sequence{}
		finished := map[uint64]bool{}
		for range rapid.IntRange(1, 400).Draw(t, "steps") {
			if s.last == 0 || rapid.Bool().Draw(t, "new") {
				before := s.last
				require.Equal(t, before+1, s.next())
			} else {
				number := rapid.Uint64Range(1, s.last).Draw(t, "number")
				s.finish(number)
				finished[number] = true
			}
			want := uint64(0)
			for finished[want+1] {
				want++
			}
			require.Equal(t, want, s.done())
			require.Equal(t, s.last, s.known())
		}
	})
}
