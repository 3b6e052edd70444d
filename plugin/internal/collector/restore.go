package collector

import (
	"context"
	"errors"
	"syscall"
	"time"

	"office365/plugin/internal/dedup"
	"office365/plugin/internal/ledger"
	"office365/plugin/internal/state"
)

// lockWait is how long New waits for the lock of the state file: a reload lets
// go of it in time, and a second process shall be told within a second.
const lockWait = 500 * time.Millisecond

// longestWait is more than any wait between two attempts at a content.
const longestWait = 12 * time.Hour

// openState opens the state file, or leaves that to run when another process
// holds it.
func (c *Collector) openState(instance string) error {
	if c.settings.DB == "" {
		c.restore(nil, state.Saved{})
		return nil
	}
	owned, err := files.own(c.settings.DB, instance)
	if err != nil {
		return explain(c.settings.DB, err)
	}
	c.owned = owned
	c.stateFile = state.Options{Path: c.settings.DB, Tenant: c.settings.TenantID, Wait: lockWait, Now: c.started}
	file, saved, err := state.Open(c.stateFile)
	switch {
	case mends(err):
		c.logNotOpen(err)
		return nil
	case err != nil:
		files.release(owned)
		return explain(c.settings.DB, err)
	}
	c.restore(file, saved)
	return nil
}

// mends reports whether the file may be opened without anybody changing the
// configuration. A Fluent Bit that does not start on a full disk does not send
// the chunks either that fill it.
func mends(err error) bool {
	return errors.Is(err, state.ErrLocked) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// logNotOpen says why nothing is collected, every minute.
func (c *Collector) logNotOpen(err error) {
	say := func(message string, attrs ...any) {
		c.trouble.reportEvery(time.Minute, "state file", message, append(attrs, "db", c.settings.DB)...)
	}
	if errors.Is(err, state.ErrLocked) {
		say("another process has the state file open: nothing is collected until it is free",
			"to_do", "end the other Fluent Bit, or give this one a db of its own")
		return
	}
	say("state file cannot be opened: nothing is collected until it can", "to_do", adviceDisk, "error", err)
}

// restore builds what rests on the position. A content that is known is queued.
func (c *Collector) restore(file *state.File, saved state.Saved) {
	limits := dedup.Limits{Window: c.settings.DedupWindow, Max: c.settings.DedupMax}
	if !c.settings.Dedup {
		// Only what a content that is not done has yielded must be remembered.
		limits = dedup.Limits{}
	}
	c.seen = &seen{set: dedup.NewSet(limits, saved.Packs)}
	for _, p := range saved.Packs {
		c.outbox.seq = max(c.outbox.seq, p.Seq)
	}
	if saved.Damaged != "" {
		c.log.Error("the state file was damaged and has been moved aside: "+
			"collection goes back as far as the API allows, and records of the last days come again",
			"to_do", "nothing; when it happens again, check the disk", "db", c.settings.DB, "moved_to", saved.Damaged)
	}
	c.journal = newJournal(file, saved.Positions, c.settings.ContentTypes)
	for _, ct := range c.settings.ContentTypes {
		c.streams = append(c.streams, newStream(c, ct, saved.FromEarliest))
		c.journal.read(ct, func(p *ledger.Position) {
			for content := range p.Known {
				// A wait from the time of a wrong clock is no wait.
				if content.NextTry.After(c.started.Add(longestWait)) {
					content.NextTry = c.started
				}
				j := c.newJob(ct, content, c.started)
				if content.Quarantined {
					c.settle(j)
				}
				c.queue.put(j)
			}
		})
	}
	c.alerts = newAlerts(c, saved.Alerts)
	c.opened.Store(true)
}

// stateRetry is the time between two attempts to open the state file. One costs
// half a second of looking at a lock.
const stateRetry = 5 * time.Second

// waitForState reports false when the context ended first.
func (c *Collector) waitForState(ctx context.Context) bool {
	for !c.opened.Load() {
		if !sleep(ctx, stateRetry) {
			return false
		}
		c.stateFile.Now = c.now()
		file, saved, err := state.Open(c.stateFile)
		if err != nil {
			c.logNotOpen(err)
			continue
		}
		c.trouble.forget("state file")
		c.log.Info("state file is open now", "db", c.settings.DB)
		c.restore(file, saved)
	}
	return true
}
