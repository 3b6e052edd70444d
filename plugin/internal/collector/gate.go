package collector

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"office365/plugin/internal/ledger"
)

// gate is the quota of the tenant: a token bucket that every request goes
// through, and a door that a throttling answer shuts for all of them.
type gate struct {
	limiter *rate.Limiter
	now     func() time.Time

	mu        sync.Mutex
	until     time.Time // shut until then
	throttles int       // answers in a row that throttled
}

// Throttling without a Retry-After, which is the rule: the gate is shut for
// this long, doubled with every answer in a row.
const (
	throttleFirst = 5 * time.Second
	throttleMost  = 5 * time.Minute
)

// newGate allows so many requests a minute, a second's worth of them at once.
func newGate(perMinute int, now func() time.Time) *gate {
	perSecond := float64(perMinute) / 60
	return &gate{limiter: rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond))), now: now}
}

// Wait returns when a request may go, or with the context's error.
func (g *gate) Wait(ctx context.Context) error {
	for {
		if err := g.limiter.Wait(ctx); err != nil {
			return err
		}
		wait := g.shutUntil().Sub(g.now())
		if wait <= 0 {
			return nil
		}
		if !sleep(ctx, wait) {
			return ctx.Err()
		}
	}
}

// shut keeps all requests back after an answer that throttled, for as long as
// that asks, or longer with every such answer in a row, and returns how long.
func (g *gate) shut(retryAfter time.Duration) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	// Answers to requests that were under way together count once.
	if !now.Before(g.until) {
		g.throttles++
	}
	wait := retryAfter
	if wait <= 0 {
		wait = ledger.Backoff(throttleFirst, throttleMost, g.throttles)
	}
	if until := now.Add(wait); until.After(g.until) {
		g.until = until
	}
	return wait
}

// passed tells that a request went through; it reports whether the tenant was
// throttled until then. A request from before the gate was shut says nothing.
func (g *gate) passed() (again bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.throttles == 0 || g.now().Before(g.until.Add(quiet)) {
		return false
	}
	g.throttles = 0
	return true
}

// quiet is how long it must go well after the gate has opened until that counts
// as the end of a throttling.
const quiet = time.Minute

func (g *gate) shutUntil() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.until
}
