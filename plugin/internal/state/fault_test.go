package state_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/normalize"
	"office365/plugin/internal/state"
)

// TestAFileThatIsCutWhileItIsOpenEndsNoProcess reads pages that are mapped and
// not there any more.
func TestAFileThatIsCutWhileItIsOpenEndsNoProcess(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	f, _ := mustOpen(t, path)
	require.NoError(t, f.Apply(state.Tx{Alerts: []normalize.AlertChange{{Key: "k", Value: []byte("v")}}}))
	require.NoError(t, os.Truncate(path, 0))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 3 {
			assert.Error(t, f.Probe()) // what commit asks after a write that failed
			assert.Error(t, f.Apply(state.Tx{Alerts: []normalize.AlertChange{{Key: "k", Value: []byte("w")}}}))
		}
		assert.Error(t, f.Close())
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("it hangs")
	}
}
