package dedup

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestTableIsASet compares the table with a map, with identities that crowd at
// few places of the index.
func TestTableIsASet(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		table, model := &table{}, map[Identity]bool{}
		for range rapid.IntRange(0, 400).Draw(t, "steps") {
			id := Identity{7: byte(rapid.IntRange(0, 1).Draw(t, "place")), 15: rapid.Byte().Draw(t, "rest")}
			if rapid.IntRange(0, 2).Draw(t, "remove") == 0 {
				table.remove(&id)
				delete(model, id)
				continue
			}
			require.Equal(t, !model[id], table.add(id))
			model[id] = true
		}
		require.Equal(t, len(model), table.n)
		for id := range model {
			_, _, ok := table.find(&id)
			require.True(t, ok)
		}
	})
}

func TestTableHoldsManyAndReusesTheirPlaces(t *testing.T) {
	t.Parallel()
	table := &table{}
	for round := range 3 {
		for n := range 20_000 {
			require.True(t, table.add(sum(byPlace, string(rune(round)), string(rune(n)))))
		}
		require.Equal(t, 20_000, table.n)
		for n := range 20_000 {
			id := sum(byPlace, string(rune(round)), string(rune(n)))
			table.remove(&id)
		}
	}
	require.Zero(t, table.n)
	require.Equal(t, uint32(20_000), table.used)
}
