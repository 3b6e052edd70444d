package state_test

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/normalize"
	"office365/plugin/internal/dedup"
	"office365/plugin/internal/ledger"
	"office365/plugin/internal/state"
)

func packOf(seq uint64, types ...normalize.ContentType) *dedup.Pack {
	p := &dedup.Pack{Seq: seq, At: epoch}
	for _, ct := range types {
		p.Parts = append(p.Parts, dedup.Part{Type: ct, ContentID: "c", Created: epoch, IDs: []dedup.Identity{dedup.OfPlace(ct, "c", 0)}})
	}
	return p
}

func TestInspectReadsAFileThatAnotherHasOpenAndAltersNothing(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	f, _ := mustOpen(t, path)
	require.NoError(t, f.Apply(state.Tx{
		Changes: changes(ledger.Change{Origin: epoch, Known: []ledger.Content{{ID: "a", Created: epoch}}}),
		Pack:    packOf(1, normalize.AuditExchange),
	}))
	for _, open := range []bool{true, false} {
		if !open {
			require.NoError(t, f.Close())
		}
		before, err := os.ReadFile(path)
		require.NoError(t, err)
		info, err := state.Inspect(path)
		require.NoError(t, err)
		assert.Equal(t, open, info.Locked)
		assert.Equal(t, tenant, info.Tenant)
		assert.Equal(t, os.FileMode(0o600), info.Mode)
		assert.Len(t, info.Packs, 1)
		require.Contains(t, info.Positions, normalize.AuditExchange)
		_, known := info.Positions[normalize.AuditExchange].Content("a")
		assert.True(t, known)
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, before, after)
	}
}

// Each commit alters contents all over a file of many pages, to the same number
// of attempts: a copy with pages of two commits shows two numbers, or damage.
func TestInspectSeesWholeCommitsOfAFileThatIsBeingWritten(t *testing.T) {
	t.Parallel()
	const contents, every = 6000, 100
	content := func(n, attempts int) ledger.Content {
		return ledger.Content{ID: fmt.Sprintf("%0100d", n), Created: epoch.Add(time.Duration(n) * time.Second), Attempts: attempts}
	}
	path := newPath(t)
	f, _ := mustOpen(t, path)
	var all ledger.Change
	for n := range contents {
		all.Known = append(all.Known, content(n, 0))
	}
	require.NoError(t, f.Apply(state.Tx{Changes: changes(all)}))

	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for i := 1; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			var c ledger.Change
			for n := 0; n < contents; n += every {
				c.Known = append(c.Known, content(n, i))
			}
			assert.NoError(t, f.Apply(state.Tx{Changes: changes(c)}))
		}
	})
	end := sync.OnceFunc(func() {
		close(stop)
		writer.Wait()
	})
	defer end()
	seen := map[int]bool{}
	for range 30 {
		info, err := state.Inspect(path)
		if err != nil && err.Error() == "the state file is being written; try again" {
			continue
		}
		require.NoError(t, err)
		p := info.Positions[normalize.AuditExchange]
		waiting, _ := p.KnownCount()
		require.Equal(t, contents, waiting)
		first, _ := p.Content(content(0, 0).ID)
		for n := 0; n < contents; n += every {
			c, _ := p.Content(content(n, 0).ID)
			require.Equal(t, first.Attempts, c.Attempts)
		}
		seen[first.Attempts] = true
	}
	end()
	require.NoError(t, f.Close())
	assert.NotEmpty(t, seen)
}

func TestInspectTellsWhatIsNoStateFile(t *testing.T) {
	t.Parallel()
	_, err := state.Inspect(newPath(t))
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = state.Locked(newPath(t))
	require.ErrorIs(t, err, os.ErrNotExist)

	path := newPath(t)
	require.NoError(t, os.WriteFile(path, []byte("SQLite format 3\x00 and so on"), 0o600))
	_, err = state.Inspect(path)
	var foreign *state.ForeignError
	require.ErrorAs(t, err, &foreign)

	require.NoError(t, os.WriteFile(path, make([]byte, 40_000), 0o600))
	_, err = state.Inspect(path)
	assert.True(t, state.Damaged(err), err)
}

// bbolt writes its two metas in turn so that one is good whatever happens.
func TestInspectReadsAFileWithOneBrokenMeta(t *testing.T) {
	t.Parallel()
	for _, page := range []int{0, 1} {
		path := newPath(t)
		f, _ := mustOpen(t, path)
		for i := range 3 {
			require.NoError(t, f.Apply(state.Tx{Changes: changes(ledger.Change{Known: []ledger.Content{{ID: strconv.Itoa(i), Created: epoch}}})}))
		}
		require.NoError(t, f.Close())
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		clear(text[page*os.Getpagesize() : (page+1)*os.Getpagesize()])
		require.NoError(t, os.WriteFile(path, text, 0o600))
		info, err := state.Inspect(path)
		require.NoError(t, err)
		waiting, _ := info.Positions[normalize.AuditExchange].KnownCount()
		assert.GreaterOrEqual(t, waiting, 2)
	}
}

func TestForgetTakesOneContentTypeOut(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	_, err := state.Forget(options(path), normalize.AuditExchange)
	require.ErrorIs(t, err, os.ErrNotExist)

	f, _ := mustOpen(t, path)
	both := ledger.Change{Origin: epoch, Known: []ledger.Content{{ID: "a", Created: epoch}}}
	for seq, types := range [][]normalize.ContentType{
		{normalize.AuditExchange}, {normalize.AuditExchange, normalize.DLPAll}, {normalize.DLPAll},
	} {
		require.NoError(t, f.Apply(state.Tx{
			Changes: map[normalize.ContentType]ledger.Change{normalize.AuditExchange: both, normalize.DLPAll: both},
			Pack:    packOf(uint64(seq)+1, types...),
		}))
	}
	_, err = state.Forget(options(path), normalize.AuditExchange)
	require.ErrorIs(t, err, state.ErrLocked)
	require.NoError(t, f.Close())

	known, err := state.Forget(options(path), normalize.AuditExchange)
	require.NoError(t, err)
	assert.True(t, known)
	known, err = state.Forget(options(path), normalize.AuditExchange)
	require.NoError(t, err)
	assert.False(t, known)

	f, saved := mustOpen(t, path)
	assert.Empty(t, saved.Damaged)
	assert.NotContains(t, saved.Positions, normalize.AuditExchange)
	assert.Contains(t, saved.Positions, normalize.DLPAll)
	assert.Equal(t, []dedup.Pack{*packOf(2, normalize.DLPAll), *packOf(3, normalize.DLPAll)}, saved.Packs)
	require.NoError(t, f.Close())
}

func TestForgetTakesTheAlertsOutWithTheTypeTheyComeFrom(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	f, _ := mustOpen(t, path)
	saved := []normalize.AlertChange{{Key: "head a", Value: []byte("1")}, {Key: "tail a", Value: []byte("2")}}
	require.NoError(t, f.Apply(state.Tx{Alerts: saved}))
	require.NoError(t, f.Close())
	for _, step := range []struct {
		forget normalize.ContentType
		left   []normalize.AlertChange
	}{{normalize.AuditExchange, saved}, {normalize.AuditGeneral, nil}} {
		_, err := state.Forget(options(path), step.forget)
		require.NoError(t, err)
		f, got := mustOpen(t, path)
		assert.Equal(t, step.left, got.Alerts)
		assert.Empty(t, got.Damaged)
		require.NoError(t, f.Close())
	}
}
