package ledger

import "time"

// LostAfter is how long a batch may be under way, unpaused, before it counts as
// dropped by Fluent Bit (a failing append; Fluent Bit logs why).
const LostAfter = 10 * time.Minute

// exitGrace is how long ago, unpaused, a batch must have been handed over to
// count as arrived at exit where arrival cannot be seen. Fluent Bit drains its
// ring every 250 ms; everything handed over 70 ms before a graceful stop had
// arrived (measured on 5.1.1).
const exitGrace = time.Second

// Arrivals is a reading of Fluent Bit's own counter of the records that it has
// taken from an instance. OK is false where the counter cannot be had.
type Arrivals struct {
	Records uint64
	OK      bool
}

// Handover is the stop-and-wait protocol of one instance: one batch at a time
// is under way, the next goes when it has arrived and, where filters are slow,
// the main thread has had time for it, and a batch is committed
// when the one after it has arrived (then Fluent Bit's main thread is done with
// it, filters and all), or commitDelay after its own arrival when none follows.
//
// Without the counter the next batch goes at the next tick that is not paused,
// and a batch is committed once the instance has run unpaused for commitDelay
// since its hand-over.
//
// Batches are known by their sequence number, which the caller counts up.
type Handover struct {
	commitDelay time.Duration

	paused   bool
	unpaused time.Duration // time run while not paused
	seen     time.Time     // of the last Tick

	given []given // in the order of hand-over; none is committed

	lastArrival time.Duration // unpaused time of the last arrival, 0 = none yet
	restUntil   time.Time     // see rest
}

type given struct {
	seq       uint64
	records   uint64
	base      Arrivals      // the counter just before the hand-over
	at        time.Duration // unpaused time at hand-over
	arrived   bool
	arrivedAt time.Time
}

// NewHandover returns an idle one. now is the time that pauses are counted from.
func NewHandover(commitDelay time.Duration, now time.Time) *Handover {
	return &Handover{commitDelay: commitDelay, seen: now}
}

// SetPaused notes that Fluent Bit pauses or resumes the instance.
func (h *Handover) SetPaused(paused bool, now time.Time) {
	h.advance(now)
	h.paused = paused
}

// Paused reports whether the instance is paused.
func (h *Handover) Paused() bool { return h.paused }

// longestStep is how much time counts between two looks, which are half a second
// apart: in more the process was frozen (SIGSTOP, a paused container), and Fluent
// Bit with it. It could not take a batch, and has not dropped one.
const longestStep = 10 * time.Second

func (h *Handover) advance(now time.Time) {
	if step := now.Sub(h.seen); step > 0 {
		if !h.paused {
			h.unpaused += min(step, longestStep)
		}
		h.seen = now
	}
}

// Tick takes a reading of the counter in, which may show that the batch under
// way has arrived. It is to be called before Free, Commits and Lost.
func (h *Handover) Tick(counter Arrivals, now time.Time) {
	h.advance(now)
	n := len(h.given)
	if n == 0 {
		return
	}
	last := &h.given[n-1]
	if last.arrived || !last.base.OK {
		return
	}
	if !counter.OK {
		// It cannot be read any more: from now on time decides.
		last.base.OK = false
		return
	}
	// Less than before: it is not the counter that it was. Count from here.
	if counter.Records < last.base.Records {
		last.base = counter
		return
	}
	if counter.Records-last.base.Records >= last.records {
		last.arrived, last.arrivedAt = true, now
		h.rest(last, now)
	}
}

// A batch that is drained later than this after its hand-over has waited for
// Fluent Bit's main thread, which looks every 250 ms; the counter is read every
// half second.
const drainedWithin = time.Second

// maxRest bounds what a single stall of the main thread costs.
const maxRest = time.Minute

// rest lets Fluent Bit breathe after a batch that waited: its main thread was in
// the filters with the one before, and will be for as long with this one. Its
// loop over the ring sends nothing to the outputs and heeds no signal until it
// finds the ring empty (measured on 5.1.1: with a filter of 2.7 s a batch the
// whole backlog went through the filters first), so the next batch must come
// after the filters are done.
func (h *Handover) rest(arrived *given, now time.Time) {
	if h.unpaused-arrived.at > drainedWithin && h.lastArrival > 0 {
		h.restUntil = now.Add(min(h.unpaused-h.lastArrival, maxRest))
	}
	h.lastArrival = h.unpaused
}

func (h *Handover) resting() bool { return h.seen.Before(h.restUntil) }

// Free reports whether the next batch may be handed over.
func (h *Handover) Free() bool {
	if h.paused || h.resting() {
		return false
	}
	n := len(h.given)
	return n == 0 || h.given[n-1].arrived || !h.given[n-1].base.OK
}

// Give notes that a batch is handed over now.
func (h *Handover) Give(seq uint64, records int, counter Arrivals, now time.Time) {
	h.advance(now)
	h.given = append(h.given, given{
		seq:     seq,
		records: uint64(max(records, 0)),
		base:    counter,
		at:      h.unpaused,
	})
}

// Commits returns the batches that may be committed now, oldest first, and
// takes them off the list.
func (h *Handover) Commits(now time.Time) []uint64 {
	return h.take(func(i int) bool {
		g := h.given[i]
		follows := i+1 < len(h.given)
		switch {
		case !g.base.OK:
			return h.unpaused-g.at >= h.commitDelay
		case follows && h.given[i+1].base.OK:
			return g.arrived && h.given[i+1].arrived
		default:
			return g.arrived && now.Sub(g.arrivedAt) >= h.commitDelay && !h.resting()
		}
	})
}

// ExitCommits returns the batches that may be committed at exit: what has
// arrived; without the counter what was handed over at least a second of
// unpaused time ago.
func (h *Handover) ExitCommits() []uint64 {
	return h.take(func(i int) bool {
		g := h.given[i]
		return g.arrived || (!g.base.OK && h.unpaused-g.at >= exitGrace)
	})
}

// take removes the leading batches for which ok holds: commits go in order.
func (h *Handover) take(ok func(i int) bool) []uint64 {
	var seqs []uint64
	n := 0
	for n < len(h.given) && ok(n) {
		seqs = append(seqs, h.given[n].seq)
		n++
	}
	h.given = h.given[n:]
	return seqs
}

// Counted reports whether the arrival of the last batch can be seen.
func (h *Handover) Counted() bool {
	n := len(h.given)
	return n > 0 && h.given[n-1].base.OK
}

// Arrived reports whether a batch has arrived; one that is off the list has.
func (h *Handover) Arrived(seq uint64) bool {
	for _, g := range h.given {
		if g.seq == seq {
			return g.arrived
		}
	}
	return true
}

// Lost returns the batch that has been under way for LostAfter without
// arriving: Fluent Bit has dropped it, and it is to be handed over again. It is
// off the list then.
func (h *Handover) Lost() (seq uint64, lost bool) {
	n := len(h.given)
	if n == 0 {
		return 0, false
	}
	last := h.given[n-1]
	if last.arrived || !last.base.OK || h.unpaused-last.at < LostAfter {
		return 0, false
	}
	h.given = h.given[:n-1]
	return last.seq, true
}
