package collector

import (
	"time"

	"office365/normalize"
	"office365/plugin/internal/msgpack"
	"office365/plugin/internal/state"
)

// alerts is the merge of alerts as pack sees it: it notes the originals that are
// new, and puts the merged alerts into the outbox when their time has come. It
// belongs to the goroutine of pack; what it returns and adds goes into batches,
// which are committed in their order.
type alerts struct {
	c          *Collector
	merger     *normalize.Merger
	normalizer *normalize.Normalizer
	event      []byte // reused
}

// alertsLook is how often the merge is looked at while an alert waits: what it
// waits for may be done by other goroutines (a content that is gone).
const alertsLook = time.Second

// newAlerts goes on from what was saved. A saved state that cannot be read is
// logged and forgotten: the originals were handed over all the same. Were it
// kept, the next start could not read what is saved from now on either.
func newAlerts(c *Collector, saved []normalize.AlertChange) *alerts {
	o := c.settings.MergeOptions()
	at := normalize.Arrival{Now: c.now(), Known: c.general.known()}
	merger, err := normalize.NewMerger(o, saved, at)
	if err != nil {
		c.log.Error("the saved state of the alerts cannot be read: alerts that waited for entities do not come; their originals do",
			"to_do", "nothing can bring them back; report it, with this line", "db", c.settings.DB, "error", err)
		merger, _ = normalize.NewMerger(o, nil, at) // without a state there is nothing to fail
		for i := range saved {
			saved[i].Value = nil
		}
		if err := c.journal.commit(nil, state.Tx{Alerts: saved}); err != nil {
			c.reportState(err)
		}
	}
	return &alerts{c: c, merger: merger, normalizer: normalize.New(c.settings.RecordOptions())}
}

// note takes in an original that was not seen before, and returns what it
// changes in the saved state. A bug of ours costs the alert this original, and
// the original nothing.
func (a *alerts) note(n *normalize.AlertNote) (changes []normalize.AlertChange) {
	defer func() {
		if r := recover(); r != nil {
			a.c.bug(r, "alert_uid", n.UID())
		}
	}()
	return a.merger.Note(*n, normalize.Arrival{Now: a.c.now(), Known: a.c.general.known()})
}

// emit puts the alerts whose time has come into the outbox, unless too many of
// them wait there: in a pause each content could make one more revision.
func (a *alerts) emit() {
	for !a.c.outbox.crowded() {
		due := a.merger.Due(a.c.now(), a.c.general.done())
		if len(due) == 0 {
			break
		}
		for i := range due {
			a.emitOne(&due[i])
		}
	}
	stats := a.merger.Stats()
	a.c.stats.alerts.Store(&stats)
}

// emitOne puts one alert into the outbox. A bug of ours costs that alert alone,
// and for this run: in the saved state it waits.
func (a *alerts) emitOne(e *normalize.Emission) {
	defer func() {
		if r := recover(); r != nil {
			a.c.bug(r, "alert_uid", e.Alert.UID)
			a.normalizer = normalize.New(a.c.settings.RecordOptions())
		}
	}()
	if !a.c.settings.OriginalBundle {
		a.add(a.normalizer.Alert(&e.Alert, a.c.now()), e.Changes)
		return
	}
	// The bundle may be in the batch after the alert's: stored with the alert,
	// the changes would let a restart between the two forget it.
	a.add(a.normalizer.Alert(&e.Alert, a.c.now()), nil)
	a.add(a.normalizer.Bundle(&e.Alert, a.c.now()), e.Changes)
}

func (a *alerts) add(r *normalize.Record, changes []normalize.AlertChange) {
	a.event = msgpack.AppendEvent(a.event[:0], r)
	a.c.outbox.addOwn(a.event, changes)
}

// look is when emit is to be called next, at the latest.
func (a *alerts) look() time.Duration {
	if a.merger.Stats().Pending > 0 {
		return alertsLook
	}
	next, ok := a.merger.Next()
	if !ok {
		return idleWait
	}
	return min(idleWait, max(alertsLook, next.Sub(a.c.now())))
}
