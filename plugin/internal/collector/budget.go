package collector

import (
	"context"

	"golang.org/x/sync/semaphore"
)

// budget is buffer_size: the bytes of encoded records that may be between the
// workers and the arrival at Fluent Bit.
type budget struct {
	free *semaphore.Weighted
	most int // that one record counts as
}

// newBudget leaves room for a chunk beside the longest record. Encoded, that may
// be many times max_record_size: a name that the layer repeats, a byte that is no
// UTF-8, vendor_fields both. Were it counted in full it might never fit.
func newBudget(bytes int64) *budget {
	return &budget{free: semaphore.NewWeighted(bytes + chunkBytes), most: int(bytes)}
}

// counts is what a record of so many bytes takes of the budget.
func (b *budget) counts(bytes int) int { return min(bytes, b.most) }

// take waits until there is room.
func (b *budget) take(ctx context.Context, counted int) error {
	return b.free.Acquire(ctx, int64(counted))
}

func (b *budget) giveBack(counted int) { b.free.Release(int64(counted)) }
