package collector

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const mb = 1_000_000

func TestABatchGoesWhileThereIsRoomForIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		free, total  uint64
		batch, peers int
		short        bool
	}{
		{name: "a large disk, with room", free: 25 * mb, total: 1 << 40, batch: 4 * mb, peers: 1, short: false},
		{name: "a large disk, nearly full", free: 24 * mb, total: 1 << 40, batch: 4 * mb, peers: 1, short: true},
		{name: "a small batch on it", free: 17 * mb, total: 1 << 40, batch: 100_000, peers: 1, short: false},
		{name: "64 MB, with room", free: 25 * mb, total: 64 * mb, batch: 4 * mb, peers: 1, short: false},
		{name: "64 MB, nearly full", free: 24 * mb, total: 64 * mb, batch: 4 * mb, peers: 1, short: true},
		{name: "four tenants hand over at once", free: 45 * mb, total: 64 * mb, batch: 4 * mb, peers: 4, short: true},
		{name: "four tenants, with room", free: 49 * mb, total: 64 * mb, batch: 4 * mb, peers: 4, short: false},
		{name: "full", free: 0, total: 1 << 40, batch: 1, peers: 1, short: true},
		{name: "not known", free: 0, total: 0, batch: 64 * mb, peers: 9, short: false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.short, Space{c.free, c.total}.short(c.batch, c.peers))
		})
	}
}

// What goes before the next look must fit: this batch and the one before it, of
// every instance.
func TestAllBatchesThatMayBeUnwrittenFitIntoWhatIsFree(t *testing.T) {
	t.Parallel()
	for _, total := range []uint64{10 * mb, 64 * mb, 1 << 40} {
		for _, instances := range []int{1, 2, 8} {
			for _, batch := range []int{1, 100_000, 4 * mb, 64 * mb} {
				s := Space{Total: total}
				unwritten := uint64(2*instances) * uint64(batch+chunkStep)
				assert.GreaterOrEqual(t, s.needs(batch, instances), unwritten+total/1000000)
			}
		}
	}
}

func TestTheFileSystemTellsWhatItHas(t *testing.T) {
	t.Parallel()
	s, err := freeSpace(t.TempDir())
	require.NoError(t, err)
	assert.Positive(t, s.Total)
	assert.LessOrEqual(t, s.Free, s.Total)
	_, err = freeSpace(filepath.Join(t.TempDir(), "none"))
	require.Error(t, err)
}
