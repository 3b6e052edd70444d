package collector

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"office365/normalize"
	"office365/plugin/internal/ledger"
)

// stats counts what happened since the start, for the status line.
type stats struct {
	types     map[normalize.ContentType]*typeStats
	throttled atomic.Int64
	lost      atomic.Int64 // batches dropped by Fluent Bit, and handed over again
	batches   atomic.Int64 // committed
	alerts    atomic.Pointer[normalize.MergeStats]
}

// typeStats is the part of one content type.
type typeStats struct {
	listed      atomic.Int64 // contents that were new
	malformed   atomic.Int64 // entries of listings that name no content
	fetched     atomic.Int64 // contents
	failures    atomic.Int64 // fetches
	gone        atomic.Int64 // contents
	quarantined atomic.Int64 // contents, ever
	records     atomic.Int64 // new, given to the outbox
	repeats     atomic.Int64 // dropped
	undecodable atomic.Int64 // emitted with an error
	committed   atomic.Int64 // records
	beyondReach atomic.Int64 // seconds that the API did not offer any more
	lastListing atomic.Int64 // Unix time of the last complete one
}

func newStats(types []normalize.ContentType) *stats {
	s := &stats{types: map[normalize.ContentType]*typeStats{}}
	for _, ct := range types {
		s.types[ct] = &typeStats{}
	}
	return s
}

func (s *stats) of(ct normalize.ContentType) *typeStats { return s.types[ct] }

func (s *stats) committed(b *batch) {
	s.batches.Add(1)
	for _, part := range b.parts {
		// A type that is not configured any more has no counters.
		if st := s.types[part.Type]; st != nil {
			st.committed.Add(int64(len(part.IDs)))
		}
	}
}

// status logs one line every status_interval.
func (c *Collector) status(ctx context.Context) {
	for sleep(ctx, c.settings.StatusInterval) {
		batches, records, paused := c.outbox.waiting()
		attrs := []any{"batches_waiting", batches, "records_waiting", records, "ids_remembered", c.seen.len()}
		if paused {
			attrs = append(attrs, "paused", true)
		}
		if n := c.stats.throttled.Load(); n > 0 {
			attrs = append(attrs, "throttled", n)
		}
		if n := c.stats.lost.Load(); n > 0 {
			attrs = append(attrs, "handed_over_again", n)
		}
		if a := c.stats.alerts.Load(); a != nil && a.Merged > 0 {
			attrs = append(attrs, "alerts", a.Merged, "alerts_revised", a.Revised, "alerts_waiting", a.Pending)
		}
		if names := c.trouble.current(); len(names) > 0 {
			attrs = append(attrs, "trouble", strings.Join(names, ", "))
		}
		c.log.Info("status: "+c.statusOfTypes(), attrs...) //nolint:sloglint // one line for people: what is said of a type stands together
	}
}

// statusOfTypes tells of each content type how far it is behind and what it
// has done.
func (c *Collector) statusOfTypes() string {
	now := c.serverNow()
	parts := make([]string, 0, len(c.settings.ContentTypes))
	for _, ct := range c.settings.ContentTypes {
		var behind time.Duration
		var waiting, quarantined int
		c.journal.read(ct, func(p *ledger.Position) {
			behind = now.Sub(p.Watermark(now))
			waiting, quarantined = p.KnownCount()
		})
		st := c.stats.of(ct)
		var part strings.Builder
		fmt.Fprintf(&part, "%s listed %s, watermark %s back, %d contents to fetch, %d fetched, %d records, %d repeats",
			ct, ago(now, st.lastListing.Load()), behind.Round(time.Second), waiting,
			st.fetched.Load(), st.records.Load(), st.repeats.Load())
		for _, n := range []struct {
			count int64
			what  string
		}{
			{int64(quarantined), "in quarantine"},
			{st.gone.Load(), "gone"},
			{st.undecodable.Load(), "undecodable"},
		} {
			if n.count > 0 {
				fmt.Fprintf(&part, ", %d %s", n.count, n.what)
			}
		}
		parts = append(parts, part.String())
	}
	return strings.Join(parts, "; ")
}

func ago(now time.Time, unix int64) string {
	if unix == 0 {
		return "never"
	}
	return max(0, now.Sub(time.Unix(unix, 0))).Round(time.Second).String() + " ago"
}
