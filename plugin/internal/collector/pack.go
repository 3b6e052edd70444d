package collector

import (
	"context"
	"sync"
	"time"

	"office365/normalize"
	"office365/plugin/internal/dedup"
	"office365/plugin/internal/ledger"
)

// chunk is a run of encoded records of one content, from worker to pack. A
// worker's chunks of one content come in order.
type chunk struct {
	of       job
	buf      []byte // msgpack events, one after the other
	items    []item
	counted  int  // of the budget
	complete bool // the content has no more records
}

type item struct {
	id    dedup.Identity
	end   int                  // of the event in buf; it begins where the one before ends
	alert *normalize.AlertNote // of an original of the alert family
}

// seen is the set of identities, shared by pack, which adds, and commit, which
// keeps and evicts.
type seen struct {
	mu  sync.Mutex
	set *dedup.Set
}

func (s *seen) forget(id dedup.Identity) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set.Forget(id)
}

func (s *seen) add(id dedup.Identity) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.set.Add(id)
}

func (s *seen) stale(now time.Time, undone func(normalize.ContentType, string) bool) []uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.set.Stale(now, undone)
}

func (s *seen) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.set.Over()
}

// committed takes in what a transaction has stored.
func (s *seen) committed(p *dedup.Pack, evicted []uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set.Evict(evicted)
	if p != nil {
		s.set.Keep(*p)
	}
}

func (s *seen) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.set.Len()
}

// pack drops repeats, merges alerts and fills the open batch. It is the only one
// that decides what is a repeat, so two workers never race for one record.
func (c *Collector) pack(ctx context.Context) {
	broken := map[contentKey]bool{} // a chunk of theirs was lost by a bug of ours
	look := time.NewTimer(c.alerts.look())
	defer look.Stop()
	for {
		select {
		case ch := <-c.chunks:
			key := contentKey{ch.of.ct, ch.of.content.ID}
			if !c.packed(ch) {
				broken[key] = true
			}
			switch {
			case !ch.complete:
			case broken[key]:
				delete(broken, key)
				c.again(ch.of, ledger.FaultOwn)
			default:
				c.outbox.complete(key)
				c.settle(ch.of)
			}
		case <-look.C:
		case <-ctx.Done():
			return
		}
		c.alerts.emit()
		look.Reset(c.alerts.look())
	}
}

// packed packs a chunk; false when that panicked: what was not packed is as if
// it had not been seen.
func (c *Collector) packed(ch chunk) (ok bool) {
	defer func() {
		if r := recover(); r != nil {
			c.bug(r, "content_type", ch.of.ct, "content_id", ch.of.content.ID)
		}
	}()
	c.packChunk(ch)
	return true
}

func (c *Collector) packChunk(ch chunk) {
	st := c.stats.of(ch.of.ct)
	begin, repeats, left := 0, 0, ch.counted
	defer func() { c.budget.giveBack(left) }() // what has not gone to the outbox
	for _, it := range ch.items {
		event := ch.buf[begin:it.end]
		begin = it.end
		if !c.seen.add(it.id) {
			repeats++
			continue
		}
		c.addNew(ch.of, it, event)
		left -= c.budget.counts(len(event))
	}
	st.repeats.Add(int64(repeats))
	st.records.Add(int64(len(ch.items) - repeats))
	putChunk(ch)
}

// addNew gives a record that was not seen before to the outbox; if that panics,
// it has not been seen.
func (c *Collector) addNew(of job, it item, event []byte) {
	added := false
	defer func() {
		if !added {
			c.seen.forget(it.id)
		}
	}()
	var changes []normalize.AlertChange
	if it.alert != nil {
		changes = c.alerts.note(it.alert)
	}
	c.outbox.add(of, it.id, event, changes)
	added = true
}

// settle notes that nothing more is to be waited for from a content: it is read,
// gone, or put into quarantine.
func (c *Collector) settle(j job) {
	if j.ct == normalize.AuditGeneral {
		c.general.finish(j.number)
	}
}
