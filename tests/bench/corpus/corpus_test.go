package corpus_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/bench/corpus"
)

func TestRecordsAreJSONOfTheSizesOfRealOnes(t *testing.T) {
	t.Parallel()
	records := corpus.Records(1, 5000)
	total, longest := 0, 0
	types := make(map[string]int)
	for _, r := range records {
		require.True(t, json.Valid(r.JSON), "%s", r.JSON)
		total += len(r.JSON)
		longest = max(longest, len(r.JSON))
		types[r.ContentType]++
	}
	assert.InDelta(t, 1300, total/len(records), 100)
	assert.Greater(t, longest, 15_000)
	assert.Len(t, types, 5)
}

func TestBlobIsTheSameForTheSameSeed(t *testing.T) {
	t.Parallel()
	first, second := corpus.Blob(corpus.Records(7, 200)), corpus.Blob(corpus.Records(7, 200))
	assert.Equal(t, first, second)
	assert.NotEqual(t, first, corpus.Blob(corpus.Records(8, 200)))
}
