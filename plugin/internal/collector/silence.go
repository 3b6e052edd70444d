package collector

import (
	"time"

	"office365/normalize"
)

// silentAfter is how long a content type may have nothing new before that is
// worth a warning. The first contents may take 12 hours after the start of a
// subscription (Microsoft Learn, "Start a subscription"), and a quiet night is
// no news.
const silentAfter = 24 * time.Hour

// silence warns of an API that answers and has nothing: once each time, apart
// from the errors of one that cannot be reached. It belongs to watch.
type silence struct {
	warned map[normalize.ContentType]bool
}

func newSilence() *silence { return &silence{warned: map[normalize.ContentType]bool{}} }

// listen compares the last news of each content type with its last listing.
func (s *silence) listen(c *Collector) {
	now := c.now()
	var silent, back []normalize.ContentType
	for _, ct := range c.settings.ContentTypes {
		st := c.stats.of(ct)
		listed := now.Sub(time.Unix(st.lastListing.Load(), 0)) <= c.lateListing()
		quiet := now.Sub(time.Unix(st.lastNews.Load(), 0)) >= silentAfter
		switch {
		case s.warned[ct] && !quiet:
			delete(s.warned, ct)
			back = append(back, ct)
		case !s.warned[ct] && quiet && listed:
			s.warned[ct] = true
			silent = append(silent, ct)
		}
	}
	if len(silent) > 0 {
		c.log.Warn("the API answers and has had nothing new for 24 hours", "content_types", join(silent),
			"to_do", "if there should be records: see in the Microsoft Purview portal that auditing is on and finds some, and run in_office365 check")
	}
	if len(back) > 0 {
		c.log.Info("the API has something new again", "content_types", join(back))
	}
}
