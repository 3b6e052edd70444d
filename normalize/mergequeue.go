package normalize

import (
	"cmp"
	"container/heap"
	"strings"
	"time"
)

// alertQueue holds alerts by the time at which something is to be done with them.
type alertQueue []*heldAlert

// place is where an alert stands in a queue.
type place struct {
	queue *alertQueue // nil: in none
	index int
	until time.Time
}

func (q alertQueue) Len() int { return len(q) }

// Less breaks ties by name, so that what happens does not hang on the order of a
// map.
func (q alertQueue) Less(i, k int) bool {
	return cmp.Or(q[i].at.until.Compare(q[k].at.until), strings.Compare(q[i].id, q[k].id)) < 0
}

func (q alertQueue) Swap(i, k int) {
	q[i], q[k] = q[k], q[i]
	q[i].at.index, q[k].at.index = i, k
}

// Push is for package heap.
func (q *alertQueue) Push(x any) {
	a := x.(*heldAlert) //nolint:errcheck,forcetypeassert // our own heap
	a.at.index = len(*q)
	*q = append(*q, a)
}

// Pop is for package heap.
func (q *alertQueue) Pop() any {
	last := len(*q) - 1
	a := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return a
}

// first returns the alert whose time comes first; nil when there is none.
func (q *alertQueue) first() *heldAlert {
	if len(*q) == 0 {
		return nil
	}
	return (*q)[0]
}

// move puts a into q, out of the queue that it was in.
func (a *heldAlert) move(q *alertQueue, until time.Time) {
	a.leave()
	a.at = place{queue: q, until: until}
	heap.Push(q, a)
}

// leave takes a out of its queue.
func (a *heldAlert) leave() {
	if a.at.queue != nil {
		heap.Remove(a.at.queue, a.at.index)
		a.at = place{}
	}
}
