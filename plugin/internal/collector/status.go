package collector

import (
	"context"
	"fmt"
	"strings"
	"time"

	"office365/normalize"
)

// How often watch looks.
const (
	watchTick = time.Second
	// lookEvery is how old what the metrics say of the position may be: a look
	// at 200,000 contents of each type costs some 20 ms.
	lookEvery = 10 * time.Second
)

// watch looks at the whole from time to time, and tells what it sees.
func (c *Collector) watch(ctx context.Context) {
	said := c.tally()
	var looked time.Time
	for told := c.now(); ; {
		now := c.now()
		due := now.Sub(told) >= c.settings.StatusInterval
		if due || now.Sub(looked) >= lookEvery {
			looked = now
			c.look()
		}
		c.trouble.flush()
		c.silence.listen(c)
		c.reportEvicted()
		if due {
			told = now
			said = c.status(said)
		}
		if !sleep(ctx, watchTick) {
			return
		}
	}
}

// tally is what the status line tells the growth of.
type tally struct {
	types           map[normalize.ContentType]typeTally
	throttled, lost int64
	merged, revised uint64
}

// typeTally is the part of one content type.
type typeTally struct{ contents, records, repeats, gone, undecodable int64 }

func (c *Collector) tally() tally {
	a := c.stats.alerts.Load()
	t := tally{
		types:     map[normalize.ContentType]typeTally{},
		throttled: c.stats.throttled.Load(), lost: c.stats.lost.Load(),
		merged: a.Merged, revised: a.Revised,
	}
	for ct, st := range c.stats.types {
		t.types[ct] = typeTally{
			contents: st.fetched.Load(), records: st.records.Load(), repeats: st.repeats.Load(),
			gone: st.gone.Load(), undecodable: st.undecodable.Load(),
		}
	}
	return t
}

// status logs one line for people, of what happened since the last one: all is
// well, or what is not.
func (c *Collector) status(before tally) tally {
	t := c.tally()
	held := c.outbox.look()
	attrs := growth{}
	attrs.add("batches_waiting", int64(held.batches))
	attrs.add("records_waiting", int64(held.records))
	attrs.add("throttled", t.throttled-before.throttled)
	attrs.add("handed_over_again", t.lost-before.lost)
	attrs.add("alerts_merged", int64(t.merged-before.merged))    //nolint:gosec // a count
	attrs.add("alerts_revised", int64(t.revised-before.revised)) //nolint:gosec // a count
	attrs.add("alerts_waiting", int64(c.stats.alerts.Load().Pending))
	if held.paused {
		attrs = append(attrs, "paused", "by Fluent Bit, whose outputs or disk lag behind")
	}
	if names := c.trouble.current(); len(names) > 0 {
		attrs = append(attrs, "trouble", strings.Join(names, ", "))
	}
	c.log.Info("status: "+c.statusOfTypes(t, before), attrs...) //nolint:sloglint // one line for people: what is said of a type stands together
	return t
}

// growth holds attributes of a log line, and leaves out what is 0.
type growth []any

func (g *growth) add(key string, n int64) {
	if n != 0 {
		*g = append(*g, key, n)
	}
}

// statusOfTypes tells how each content type stands; those of which there is the
// same to say stand together.
func (c *Collector) statusOfTypes(t, before tally) string {
	var texts []string
	types := map[string][]normalize.ContentType{}
	for _, ct := range c.settings.ContentTypes {
		text := c.statusOf(ct, t.types[ct], before.types[ct])
		if types[text] == nil {
			texts = append(texts, text)
		}
		types[text] = append(types[text], ct)
	}
	for i, text := range texts {
		texts[i] = join(types[text]) + ": " + text
	}
	return strings.Join(texts, "; ")
}

// statusOf tells what is the matter with a content type, then what came of it.
func (c *Collector) statusOf(ct normalize.ContentType, t, before typeTally) string {
	at := c.stats.of(ct).place.Load()
	parts := c.behind(ct, at)
	lost := t.gone > before.gone || at.quarantined > 0
	if t.contents == before.contents && at.waiting == 0 && !lost {
		return strings.Join(append(parts, "nothing new"), ", ")
	}
	for _, n := range []struct {
		count     int64
		one, many string
	}{
		{int64(at.waiting), "not done yet", "not done yet"},
		{t.contents - before.contents, "content", "contents"},
		{t.records - before.records, "record", "records"},
		{t.repeats - before.repeats, "repeat", "repeats"},
		{t.undecodable - before.undecodable, "undecodable", "undecodable"},
		{t.gone - before.gone, "gone", "gone"},
		{int64(at.quarantined), "in quarantine", "in quarantine"},
	} {
		switch n.count {
		case 0:
		case 1:
			parts = append(parts, "1 "+n.one)
		default:
			parts = append(parts, fmt.Sprintf("%d %s", n.count, n.many))
		}
	}
	return strings.Join(parts, ", ")
}

// behind says how far a content type is behind; nothing when it is up to date.
func (c *Collector) behind(ct normalize.ContentType, at *place) []string {
	var parts []string
	listed := c.stats.of(ct).lastListing.Load()
	switch age := c.now().Sub(time.Unix(listed, 0)); {
	case listed == 0:
		parts = append(parts, "not listed yet")
	case age > c.lateListing():
		parts = append(parts, "not listed for "+age.Round(time.Second).String())
	}
	if back := c.serverNow().Sub(at.watermark); back > c.settings.Overlap+c.lateListing() {
		parts = append(parts, "catching up from "+back.Round(time.Second).String()+" back")
	}
	return parts
}

// lateListing is how old the last listing may be before that is worth a word:
// one that failed once or was spread is none.
func (c *Collector) lateListing() time.Duration { return 2*c.settings.Interval + time.Minute }

// reportEvicted warns, once an hour at most, when alerts were forgotten for want
// of room.
func (c *Collector) reportEvicted() {
	evicted := c.stats.alerts.Load().Evicted
	if evicted == c.evictedSaid || c.now().Sub(c.evictedAt) < repeatAfter {
		return
	}
	c.log.Warn("too many alerts at once: some were forgotten early, and entities of theirs that come later stand alone",
		"alerts", evicted-c.evictedSaid, "to_do", "shorten alert_merge_ttl, or see what raises so many alerts")
	c.evictedSaid, c.evictedAt = evicted, c.now()
}
