package e2e_test

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"office365/tests/program"
	"office365/tests/simulator"
)

// load is content that arrives all the time, a little late each.
type load struct {
	end   chan struct{}
	ended sync.WaitGroup
}

// loadEvery is how often content arrives: two blobs of eight records each.
const (
	loadEvery   = 500 * time.Millisecond
	loadBlobs   = 2
	loadRecords = 8
	loadLate    = 20 * time.Second // at most
)

// arrive lets content arrive until the load is stopped.
func (tn *tenant) arrive(random *rand.Rand) *load {
	l := &load{end: make(chan struct{})}
	l.ended.Go(func() {
		tick := time.NewTicker(loadEvery)
		defer tick.Stop()
		for {
			for range loadBlobs {
				tn.sim.AddBlob(simulator.Blob{
					Type:     pick(random, simulator.ContentTypes()...),
					Created:  time.Now().Add(-time.Duration(random.Int64N(int64(loadLate)))),
					Listable: time.Now(),
					Generate: loadRecords,
				})
			}
			select {
			case <-tick.C:
			case <-l.end:
				return
			}
		}
	})
	return l
}

func (l *load) stop() {
	close(l.end)
	l.ended.Wait()
}

// requireAllOf waits until every one of the Ids has been delivered.
func (d *delivered) requireAllOf(t *testing.T, ids []string, limit time.Duration) {
	t.Helper()
	program.HoldsWithin(limit, func() bool {
		d.read(t)
		return d.missing(ids) == 0
	})
	require.Zero(t, d.missing(ids), "records missing of %d", len(ids))
}
