package collector

import (
	"sync/atomic"
	"time"

	"office365/normalize"
	"office365/plugin/internal/ledger"
)

// stats counts what happened since the start, for the metrics and the status
// line.
type stats struct {
	types     map[normalize.ContentType]*typeStats
	throttled atomic.Int64 // answers
	lost      atomic.Int64 // batches dropped by Fluent Bit, and handed over again
	batches   atomic.Int64 // committed
	fileBytes atomic.Int64 // of the state file, at the last look
	ids       atomic.Int64 // of records that are remembered, likewise
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
	lastNews    atomic.Int64 // Unix time of the last listing with a new content, or of the start of the subscription

	ages  atomic.Pointer[ages]  // of the content fetched last
	place atomic.Pointer[place] // at the last look
}

// ages tell how old the records of a content were when Microsoft made it.
type ages struct{ youngest, oldest time.Duration }

// place is where a content type stood when the position was looked at last.
type place struct {
	waiting, quarantined int       // contents
	oldest               time.Time // contentCreated of the waiting ones; zero without one
	watermark            time.Time
}

func newStats(types []normalize.ContentType, now time.Time) *stats {
	s := &stats{types: map[normalize.ContentType]*typeStats{}}
	s.alerts.Store(&normalize.MergeStats{})
	for _, ct := range types {
		st := &typeStats{}
		st.lastNews.Store(now.Unix())
		st.ages.Store(&ages{})
		st.place.Store(&place{watermark: now})
		s.types[ct] = st
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

// look takes into the stats what Fluent Bit's thread must not wait for: the
// position of every content type (all contents that are known, under the
// journal's lock), the Ids remembered, the size of the state file.
func (c *Collector) look() {
	now := c.serverNow()
	for _, ct := range c.settings.ContentTypes {
		var at place
		c.journal.read(ct, func(p *ledger.Position) {
			at.watermark = p.Watermark(now)
			for content := range p.Known {
				if content.Quarantined {
					at.quarantined++
					continue
				}
				at.waiting++
				if at.oldest.IsZero() || content.Created.Before(at.oldest) {
					at.oldest = content.Created
				}
			}
		})
		c.stats.of(ct).place.Store(&at)
	}
	c.stats.ids.Store(int64(c.seen.len()))
	c.stats.fileBytes.Store(fileBytes(c.settings.DB))
}
