package collector

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// gate is the quota of the tenant: a token bucket that every request goes
// through, and a door that a throttling answer shuts for all of them.
type gate struct {
	limiter *rate.Limiter
	now     func() time.Time

	mu    sync.Mutex
	until time.Time // shut until then
}

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
		shut := g.shutUntil().Sub(g.now())
		if shut <= 0 {
			return nil
		}
		if !sleep(ctx, shut) {
			return ctx.Err()
		}
	}
}

// Shut keeps all requests back for d; it never opens an already shut gate sooner.
func (g *gate) Shut(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if until := g.now().Add(d); until.After(g.until) {
		g.until = until
	}
}

func (g *gate) shutUntil() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.until
}
