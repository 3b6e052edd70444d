package normalize

import (
	"cmp"
	"container/heap"
	"slices"
	"strings"
)

// alertQueue holds alerts by the time at which something is to be done with them,
// see until.
type alertQueue []*heldAlert

// place is where an alert stands in a queue.
type place struct {
	queue *alertQueue // nil: in none
	index int
}

func (q alertQueue) Len() int { return len(q) }

// Less breaks ties by name, so that what happens does not hang on the order of a
// map.
func (q alertQueue) Less(i, k int) bool {
	return cmp.Or(q[i].until().Compare(q[k].until()), strings.Compare(q[i].id, q[k].id)) < 0
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

// move puts a into q, out of the queue that it was in. Whatever changes until
// calls it.
func (a *heldAlert) move(q *alertQueue) {
	a.unqueue()
	a.at.queue = q
	heap.Push(q, a)
}

// turn is when an alert may be emitted before its time: once all contents up to
// its barrier are done.
type turn struct {
	alert   *heldAlert
	barrier uint64
}

// turns are the turns of waiting alerts, the lowest barrier first. A turn that is
// none any more, for its alert went or got another, stays until it comes up.
type turns []turn

func (t turns) Len() int           { return len(t) }
func (t turns) Less(i, k int) bool { return t[i].barrier < t[k].barrier }
func (t turns) Swap(i, k int)      { t[i], t[k] = t[k], t[i] }

// Push is for package heap.
func (t *turns) Push(x any) { *t = append(*t, x.(turn)) } //nolint:errcheck,forcetypeassert // our own heap

// Pop is for package heap.
func (t *turns) Pop() any {
	last := len(*t) - 1
	x := (*t)[last]
	(*t)[last] = turn{}
	*t = (*t)[:last]
	return x
}

// wait gives a its turn, unless it has it already.
func (t *turns) wait(a *heldAlert) {
	if x := (turn{alert: a, barrier: a.barrier}); !x.isGood() {
		a.turn = a.barrier + 1
		heap.Push(t, x)
	}
}

// take returns an alert whose turn has come with content number done; nil when
// there is none.
func (t *turns) take(done uint64) *heldAlert {
	for len(*t) > 0 && (*t)[0].barrier <= done {
		x := heap.Pop(t).(turn) //nolint:errcheck,forcetypeassert // our own heap
		if x.isGood() {
			return x.alert
		}
	}
	return nil
}

func (x turn) isGood() bool { return x.alert.turn == x.barrier+1 }

// tidy lets go of turns that are none any more when most are.
func (t *turns) tidy(waiting int) {
	const few = 64
	if len(*t) <= 2*waiting+few {
		return
	}
	*t = slices.DeleteFunc(*t, func(x turn) bool { return !x.isGood() })
	heap.Init(t)
}

// leave takes a out of its queue, and its turn from it.
func (a *heldAlert) leave() {
	a.turn = 0
	a.unqueue()
}

func (a *heldAlert) unqueue() {
	if a.at.queue != nil {
		heap.Remove(a.at.queue, a.at.index)
		a.at = place{}
	}
}
