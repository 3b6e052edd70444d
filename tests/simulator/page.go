package simulator

import (
	"fmt"
	"time"
)

// pageToken is a place in a listing. It holds all that is needed to make the
// same listing again, so the simulator remembers no listings.
type pageToken struct {
	listed time.Time // when the first page was asked for
	added  int       // contents that there were then
	offset int       // of the page in the listing
	after  bool      // not the first page
}

// String words the token in the shape of the service's, hour and running
// number: 2026030210R022885001761… It is opaque to clients.
func (p pageToken) String(sum uint64) string {
	after := 0
	if p.after {
		after = 1
	}
	return fmt.Sprintf("%sR%016x%08x%08x%d%016x", p.listed.Format("2006010215"),
		p.listed.UnixNano(), p.added, p.offset, after, p.check(sum))
}

func (p pageToken) check(sum uint64) uint64 {
	return mix(sum ^ mix(uint64(p.listed.UnixNano())) ^ mix(uint64(p.added)<<32|uint64(p.offset))) //nolint:gosec // hashed, not counted
}

// parsePageToken reads a token back; one that is damaged or belongs to another
// listing is refused.
func parsePageToken(text string, sum uint64) (pageToken, bool) {
	const length = 10 + 1 + 16 + 8 + 8 + 1 + 16
	if len(text) != length {
		return pageToken{}, false
	}
	var nanos int64
	var p pageToken
	var after int
	var check uint64
	if n, err := fmt.Sscanf(text[11:], "%16x%8x%8x%1d%16x", &nanos, &p.added, &p.offset, &after, &check); err != nil || n != 5 {
		return pageToken{}, false
	}
	p.listed, p.after = time.Unix(0, nanos).UTC(), after == 1
	return p, p.check(sum) == check
}
