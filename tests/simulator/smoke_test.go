package simulator_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/simulator"
)

func TestACollectorGetsAllThatIsOffered(t *testing.T) {
	t.Parallel()
	c := newClient(t, simulator.Options{PageSize: 3, Order: simulator.Shuffled, Seed: 7})
	var got []string
	for _, ct := range simulator.ContentTypes() {
		c.sim.AddContent(ct, 7, 30, noon.Add(-6*time.Hour), noon)
		require.Equal(t, http.StatusOK, c.start(ct).StatusCode)
		for _, page := range c.pages(ct, noon.Add(-6*time.Hour), noon) {
			for _, e := range page {
				a := c.get(e.ContentURI)
				require.Equal(t, http.StatusOK, a.StatusCode, a.body)
				require.NoError(t, a.err)
				got = append(got, a.recordIDs(t)...)
			}
		}
	}
	assert.Len(t, got, 5*7*30)
	assert.ElementsMatch(t, c.sim.Offered(), got)
	assert.ElementsMatch(t, c.sim.Served(), got)
}
