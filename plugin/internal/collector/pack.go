package collector

import (
	"context"
	"sync"
	"time"

	"office365/normalize"
	"office365/plugin/internal/dedup"
)

// chunk is a run of encoded records of one content, from worker to pack. A
// worker's chunks of one content come in order.
type chunk struct {
	of       job
	buf      []byte // msgpack events, one after the other
	items    []item
	complete bool // the content has no more records
}

type item struct {
	id  dedup.Identity
	end int // of the event in buf; it begins where the one before ends
}

// seen is the set of identities, shared by pack, which adds, and commit, which
// keeps and evicts.
type seen struct {
	mu  sync.Mutex
	set *dedup.Set
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

// pack drops repeats and fills the open batch. It is the only one that decides
// what is a repeat, so two workers never race for one record.
func (c *Collector) pack(ctx context.Context) {
	for {
		select {
		case ch := <-c.chunks:
			c.packChunk(ch)
		case <-ctx.Done():
			return
		}
	}
}

func (c *Collector) packChunk(ch chunk) {
	st := c.stats.of(ch.of.ct)
	begin, repeats, dropped := 0, 0, 0
	for _, it := range ch.items {
		event := ch.buf[begin:it.end]
		begin = it.end
		if !c.seen.add(it.id) {
			repeats++
			dropped += len(event)
			continue
		}
		c.outbox.add(ch.of, it.id, event)
	}
	if dropped > 0 {
		c.budget.Release(int64(dropped))
	}
	st.repeats.Add(int64(repeats))
	st.records.Add(int64(len(ch.items) - repeats))
	if ch.complete {
		c.outbox.complete(contentKey{ch.of.ct, ch.of.content.ID})
	}
	putChunk(ch)
}
