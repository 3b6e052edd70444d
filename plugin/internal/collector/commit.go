package collector

import (
	"context"
	"time"

	"office365/normalize"
	"office365/plugin/internal/dedup"
	"office365/plugin/internal/state"
)

// commitTick is how often commit looks at the counter by itself: it must go on
// while Fluent Bit pauses the instance and does not call Next.
const commitTick = 500 * time.Millisecond

// evictEvery is how often identities are looked through for old ones, unless
// they are too many: being late costs only memory.
const evictEvery = time.Minute

// commit stores what has arrived, off Fluent Bit's thread.
func (c *Collector) commit(ctx context.Context) {
	var evicted time.Time
	for {
		d := c.outbox.collect(c.arrived(), c.now())
		if d.lost != nil {
			c.stats.lost.Add(1)
			c.log.Error("Fluent Bit has dropped a batch: it is handed over again",
				"to_do", "see what Fluent Bit's own log says of the minutes after handed_over: a full disk, a processor that fails", "records", d.lost.records, "handed_over", d.lost.handedOver)
		}
		c.unstored.batches = append(c.unstored.batches, d.batches...)
		c.unstored.loose = append(c.unstored.loose, d.loose...)
		var stale []uint64
		if now := c.now(); now.Sub(evicted) >= evictEvery || c.seen.over() {
			evicted = now
			stale = c.seen.stale(c.serverNow(), c.journal.undone)
		}
		short := c.lookAtDisk()
		err := c.store(stale)
		if err == nil {
			err = c.journal.health()
		}
		c.outbox.setStalled(err != nil)
		if err != nil {
			c.reportState(err)
		} else {
			c.trouble.clear("state")
			c.reportDisk(short)
		}
		select {
		case <-c.outbox.wake:
		case <-time.After(commitTick):
		case <-ctx.Done():
			return
		}
	}
}

// store commits batch by batch, then the contents that wait for no batch, and
// takes off unstored what is stored.
func (c *Collector) store(stale []uint64) error {
	left := &c.unstored
	for len(left.batches) > 0 {
		b := left.batches[0]
		done := make(map[contentKey]bool, len(b.done))
		for _, key := range b.done {
			done[key] = true
		}
		pack := dedup.NewPack(b.seq, c.now(), b.parts, func(ct normalize.ContentType, id string) bool {
			return done[contentKey{ct, id}]
		})
		tx := state.Tx{Alerts: b.alerts.list}
		if len(b.parts) > 0 { // not merged alerts alone
			tx.Pack = &pack
		}
		if err := c.journal.commit(b.done, tx); err != nil {
			return err
		}
		c.seen.committed(tx.Pack, nil)
		c.stats.committed(b)
		left.batches = left.batches[1:]
	}
	if len(left.loose) == 0 && len(stale) == 0 {
		return nil
	}
	if err := c.journal.commit(left.loose, state.Tx{Evict: stale}); err != nil {
		return err
	}
	c.seen.committed(nil, stale)
	left.loose = nil
	return nil
}

// lastCommit stores at exit what has arrived by then.
func (c *Collector) lastCommit() {
	d := c.outbox.collectAtExit(c.arrived(), c.now())
	c.unstored.batches = append(c.unstored.batches, d.batches...)
	c.unstored.loose = append(c.unstored.loose, d.loose...)
	if err := c.store(nil); err != nil {
		c.log.Error("the last batches could not be saved: their records come again after the restart", "to_do", adviceDisk, "error", err)
	}
}
