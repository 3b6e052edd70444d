package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestHandleIsNeverZeroAndNeverUsedAgain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var r registry
		used := map[uintptr]bool{0: true}
		var live []*instance
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			if len(live) > 0 && rapid.Bool().Draw(t, "remove") {
				gone := live[0]
				live = live[1:]
				r.remove(gone)
				require.Nil(t, r.byHandle(gone.handle))
				continue
			}
			i := &instance{}
			r.add(i)
			require.False(t, used[i.handle])
			used[i.handle] = true
			live = append(live, i)
		}
		require.ElementsMatch(t, live, r.all())
		for _, i := range live {
			require.Same(t, i, r.byHandle(i.handle))
		}
	})
}

func TestThreadFindsItsInstance(t *testing.T) {
	t.Parallel()
	var r registry
	one, two := &instance{thread: 11}, &instance{thread: 12}
	r.add(one)
	r.add(two)
	assert.Same(t, one, r.byThread(11))
	assert.Same(t, two, r.byThread(12))
	assert.Nil(t, r.byThread(13))

	r.remove(one)
	assert.Nil(t, r.byThread(11))
	again := &instance{thread: 11} // the system hands out the number of a thread that has ended
	r.add(again)
	assert.Same(t, again, r.byThread(11))
	r.remove(&instance{thread: 12})
	assert.Same(t, two, r.byThread(12), "another instance with the same thread is another instance")
}
