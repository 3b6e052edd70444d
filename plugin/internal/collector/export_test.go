package collector

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"office365/normalize"
	"office365/plugin/internal/ledger"
	"office365/plugin/internal/state"
	"office365/plugin/internal/telemetry"
)

// BreakState makes every write of the position fail, as on a disk that is full,
// until mend is called.
func (c *Collector) BreakState(t *testing.T) (mend func()) {
	t.Helper()
	closed, _, err := state.Open(state.Options{
		Path: filepath.Join(t.TempDir(), "closed.db"), Tenant: c.settings.TenantID, Wait: time.Second, Now: c.now(),
	})
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	swap := func(file *state.File) (before *state.File) {
		c.journal.mu.Lock()
		defer c.journal.mu.Unlock()
		before, c.journal.file = c.journal.file, file
		return before
	}
	good := swap(closed)
	return func() { swap(good) }
}

// Hang starts a goroutine of the collector that does not end with the context,
// as one whose write the disk does not answer, until let is closed.
func (c *Collector) Hang(let <-chan struct{}) {
	c.spawn(context.Background(), "hanging", func(context.Context) { <-let })
}

// Panic starts a goroutine of the collector that panics so many times.
func (c *Collector) Panic(times int64) (runs *atomic.Int64) {
	runs = new(atomic.Int64)
	c.spawn(context.Background(), "panicking", func(context.Context) {
		if runs.Add(1) <= times {
			panic("made by a test")
		}
	})
	return runs
}

// PanicInPack gives pack a chunk of a known content at which it panics.
func (c *Collector) PanicInPack(ct normalize.ContentType, content ledger.Content) {
	const bytes = 105_000 // that the chunk says it has, and has not
	_ = c.budget.take(context.Background(), bytes)
	c.chunks <- chunk{of: job{ct: ct, content: content}, items: []item{{end: 1}}, counted: bytes, complete: true}
}

// BreakMerge makes the merge panic at every original of an alert from now on.
// Nothing may be under way.
func (c *Collector) BreakMerge() { c.alerts.merger = &normalize.Merger{} }

// BreakAlert makes the next alert's record panic. Nothing may be under way.
func (c *Collector) BreakAlert() { c.alerts.normalizer = nil }

// PanicInNormalize fetches a content with a worker whose normalizer panics at
// its first record.
func (c *Collector) PanicInNormalize(ctx context.Context, ct normalize.ContentType, content ledger.Content) {
	w := newWorker(c)
	w.normalizer = nil
	c.queue.mu.Lock()
	c.queue.active++
	c.queue.mu.Unlock()
	w.work(ctx, job{ct: ct, content: content})
}

// PanicInWorker settles a content with a worker that panics before its first record.
func (c *Collector) PanicInWorker(ctx context.Context, ct normalize.ContentType, content ledger.Content) {
	w := newWorker(c)
	w.splitter = nil
	c.queue.mu.Lock()
	c.queue.active++
	c.queue.mu.Unlock()
	w.work(ctx, job{ct: ct, content: content})
}

// Known are the contents of a type that are known and not done.
func (c *Collector) Known(ct normalize.ContentType) []ledger.Content {
	var contents []ledger.Content
	c.journal.read(ct, func(p *ledger.Position) {
		for content := range p.Known {
			contents = append(contents, content)
		}
	})
	return contents
}

// Metrics are the table of metrics, with the keys of their labels but name and
// tenant.
func Metrics() []Metric {
	list := make([]Metric, len(metrics))
	for i, m := range metrics {
		list[i] = Metric{Kind: m.kind, Name: m.name, Help: m.help}
		switch {
		case m.ofType != nil:
			list[i].Labels = []string{"content_type"}
		case m.ofOperation:
			list[i].Labels = []string{"operation", "result"}
		}
	}
	return list
}

// Metric is a row of the table of metrics.
type Metric struct {
	Kind       telemetry.Kind
	Name, Help string
	Labels     []string
}
