package collector

import (
	"container/heap"
	"slices"
	"sync"
	"time"

	"office365/normalize"
	"office365/plugin/internal/ledger"
)

// queue holds the contents that wait for a worker. News goes before the
// backlog, and among each the content types take turns, oldest content first;
// what was fetched in vain goes behind what was not.
// A content that is taken is not in the queue: it is put back when its fetch
// has failed, and forgotten otherwise.
type queue struct {
	mu      sync.Mutex
	types   []normalize.ContentType
	waiting map[normalize.ContentType]*waiting
	turn    int
	limit   adaptive
	active  int
	failing map[string]bool // contentIds that failed by somebody else's fault since the last success
	probes  int             // of the outage that have failed
	refused int             // times in a row that there was no token
	until   time.Time       // nothing is given out before, see hold

	wake chan struct{} // capacity 1: somebody may look again
}

// waiting is what one content type has in the queue.
type waiting struct {
	live, backlog byCreated
	later         byNextTry
	until         time.Time // nothing is given out before, see hold
}

func newQueue(types []normalize.ContentType, workers int) *queue {
	q := &queue{
		types:   types,
		waiting: map[normalize.ContentType]*waiting{},
		limit:   adaptive{now: workers, most: workers},
		failing: map[string]bool{},
		wake:    make(chan struct{}, 1),
	}
	for _, ct := range types {
		q.waiting[ct] = &waiting{}
	}
	return q
}

// put queues a content: live ones before the others, one that has a NextTry
// once that has come.
func (q *queue) put(j job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	w := q.waiting[j.ct]
	switch {
	case !j.content.NextTry.IsZero():
		heap.Push(&w.later, j)
	default:
		w.ready(j)
	}
	q.signal()
}

func (w *waiting) ready(j job) {
	e := entryOf(j)
	if j.live {
		heap.Push(&w.live, e)
		return
	}
	heap.Push(&w.backlog, e)
}

// entry is a job of a known type that is due. There may be 200,000 of each.
type entry struct {
	id               string
	created, expires ledger.Stamp
	inVain           int             // of the job
	number           uint64          // of the job
	failed           *ledger.Content // what there is to know once it has failed; nil before
}

func entryOf(j job) entry {
	e := entry{id: j.content.ID, created: ledger.StampOf(j.content.Created), expires: ledger.StampOf(j.content.Expires), inVain: j.inVain, number: j.number}
	if j.content.Attempts > 0 || j.content.Quarantined || !j.content.NextTry.IsZero() {
		e.failed = &j.content
	}
	return e
}

func (e entry) content() ledger.Content {
	if e.failed != nil {
		return *e.failed
	}
	return ledger.Content{ID: e.id, Created: e.created.Time(), Expires: e.expires.Time()}
}

// take returns a content whose turn it is. Without one, wait tells how long
// nothing will be due by itself; a put ends the wait sooner. Every taken
// content must be followed by a release.
func (q *queue) take(now time.Time) (j job, wait time.Duration, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	wait = q.ripen(now)
	if held := q.until.Sub(now); held > 0 {
		return job{}, held, false
	}
	workers := q.limit.workers(now)
	if len(q.failing) >= outageAfter {
		workers = 1 // one probe tells whether the outage is over
	}
	if q.active >= workers {
		return job{}, wait, false
	}
	for _, live := range []bool{true, false} {
		for range q.types {
			q.turn = (q.turn + 1) % len(q.types)
			ct := q.types[q.turn]
			w := q.waiting[ct]
			if now.Before(w.until) {
				wait = min(wait, w.until.Sub(now))
				continue
			}
			h := &w.backlog
			if live {
				h = &w.live
			}
			if h.Len() == 0 {
				continue
			}
			q.active++
			q.signal()               // there may be more, for another worker
			e := heap.Pop(h).(entry) //nolint:errcheck,forcetypeassert // our own heap
			return job{ct: ct, content: e.content(), live: live, inVain: e.inVain, number: e.number}, 0, true
		}
	}
	return job{}, wait, false
}

// release ends the work on a taken content.
func (q *queue) release() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.active--
	q.signal()
}

// throttled halves the number of workers; it grows back by itself.
func (q *queue) throttled(now time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.limit.halve(now)
}

// outageAfter is how many contents must fail by somebody else's fault, and none
// succeed, before that counts as an outage of the service or the network.
const outageAfter = 10

// Waits between attempts during an outage.
const (
	outageFirst = 5 * time.Second
	outageMost  = 2 * time.Minute
)

// failed takes note of a fetch that failed by somebody else's fault, and reports
// whether that is an outage. Nothing is given out for a while then, and a
// content shall not pay for it with an attempt: there may be 200,000 of them.
func (q *queue) failed(id string, now time.Time) (outage bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.limit.halve(now)
	if len(q.failing) < outageAfter {
		q.failing[id] = true
	}
	if len(q.failing) < outageAfter {
		return false
	}
	// Those that were under way together fail together, and count once.
	if !now.Before(q.until) {
		q.probes++
		q.until = now.Add(ledger.Backoff(outageFirst, outageMost, q.probes))
	}
	return true
}

// succeeded ends an outage.
func (q *queue) succeeded() {
	q.mu.Lock()
	defer q.mu.Unlock()
	clear(q.failing)
	q.probes, q.refused = 0, 0
}

// withoutToken gives out nothing for as long as wait says of this attempt at a
// token, and returns that. Fetches that wanted one together count once.
func (q *queue) withoutToken(now time.Time, wait func(attempt int) time.Duration) time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !now.Before(q.until) {
		q.refused++
	}
	d := wait(max(1, q.refused))
	q.until = ledger.Later(q.until, now.Add(d))
	return d
}

// hold gives out no content of the type before until. What fails for every
// content of it is tried with one again.
func (q *queue) hold(ct normalize.ContentType, until time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	w := q.waiting[ct]
	w.until = ledger.Later(w.until, until)
}

// idleWait is how long a worker waits when nothing is due by itself.
const idleWait = time.Minute

// ripen moves what is due out of later, and tells when the next one is.
func (q *queue) ripen(now time.Time) time.Duration {
	wait := idleWait
	for _, w := range q.waiting {
		for w.later.Len() > 0 {
			until := w.later[0].content.NextTry.Sub(now)
			if until > 0 {
				wait = min(wait, until)
				break
			}
			w.ready(heap.Pop(&w.later).(job)) //nolint:errcheck,forcetypeassert // our own heap
		}
	}
	return wait
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// adaptive is a number of workers that halves under throttling and grows back
// slowly.
type adaptive struct {
	now, most int
	changed   time.Time
}

// growEvery is the time in which one more worker is let in after a throttle.
const growEvery = 30 * time.Second

func (a *adaptive) workers(now time.Time) int {
	for a.now < a.most && now.Sub(a.changed) >= growEvery {
		a.now++
		a.changed = a.changed.Add(growEvery)
	}
	return a.now
}

func (a *adaptive) halve(now time.Time) {
	a.now = max(1, a.workers(now)/2)
	a.changed = now
}

// byCreated is a heap: those fetched in vain behind the others, oldest content
// first. A few that always fail would otherwise be the probes of an outage, or
// take all workers for a minute each, for as long as they are the oldest.
type byCreated []entry

func (h byCreated) Len() int { return len(h) }
func (h byCreated) Less(i, k int) bool {
	if h[i].inVain != h[k].inVain {
		return h[i].inVain < h[k].inVain
	}
	return h[i].created < h[k].created
}
func (h byCreated) Swap(i, k int) { h[i], h[k] = h[k], h[i] }
func (h *byCreated) Push(x any)   { *h = append(*h, x.(entry)) } //nolint:errcheck,forcetypeassert // our own heap
func (h *byCreated) Pop() any     { return popLast((*[]entry)(h)) }

// byNextTry is a heap of jobs, soonest next try first.
type byNextTry []job

func (h byNextTry) Len() int { return len(h) }
func (h byNextTry) Less(i, k int) bool {
	return h[i].content.NextTry.Before(h[k].content.NextTry)
}
func (h byNextTry) Swap(i, k int) { h[i], h[k] = h[k], h[i] }
func (h *byNextTry) Push(x any)   { *h = append(*h, x.(job)) } //nolint:errcheck,forcetypeassert // our own heap
func (h *byNextTry) Pop() any     { return popLast((*[]job)(h)) }

// popLast takes the last element off, and gives its room back once half of
// it is empty: a backlog comes once in a while.
func popLast[T any](h *[]T) T {
	var none T
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = none
	*h = (*h)[:last]
	if last > 1000 && last < cap(*h)/2 {
		*h = slices.Clone(*h)
	}
	return e
}
