package activity

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

// clock knows the server's time from the Date header of its answers.
//
// It keeps a pair, the server's time and ours when it came, and not an offset:
// the difference of two of our times is taken on the monotonic clock, so
// setting the wall clock between two answers changes nothing.
type clock struct {
	mu     sync.Mutex
	server time.Time // zero until the first answer
	local  time.Time
}

// observe takes the time of an answer. A page of HTML is from something on the
// way and not from the API; its clock does not count.
func (c *clock) observe(resp *http.Response, now time.Time) {
	if strings.Contains(strings.ToLower(resp.Header.Get("Content-Type")), "html") {
		return
	}
	server, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.server, c.local = server, now
}

// at returns the server's time when ours is now.
func (c *clock) at(now time.Time) (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.server.IsZero() {
		return now, false
	}
	return c.server.Add(now.Sub(c.local)), true
}

// ServerTime returns the earlier of now and the server's time: what a window may
// safely end before. It is now until the first answer has come. The server
// tells whole seconds, cut off, so a right clock gives up to a second less.
func (c *Client) ServerTime(now time.Time) time.Time {
	if server, known := c.clock.at(now); known && server.Before(now) {
		return server.UTC()
	}
	return now.UTC()
}

// ClockOffset returns how far the server's clock is ahead of ours (negative:
// behind), give or take a second, and whether it is known yet.
func (c *Client) ClockOffset(now time.Time) (time.Duration, bool) {
	server, known := c.clock.at(now)
	return server.Sub(now), known
}
