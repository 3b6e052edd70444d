package state_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"office365/normalize"
	"office365/plugin/internal/dedup"
	"office365/plugin/internal/ledger"
	"office365/plugin/internal/state"
)

const pageSize = 4096

// used returns a file with a history, as bytes, and what it holds.
func used(t *testing.T) (file []byte, holds string) {
	t.Helper()
	path := newPath(t)
	f, _ := mustOpen(t, path)
	p := ledger.NewPosition()
	apply := func(c ledger.Change, pack *dedup.Pack, evict ...uint64) {
		require.NoError(t, f.Apply(state.Tx{Changes: changes(c), Pack: pack, Evict: evict}))
		p.Apply(c)
	}
	apply(p.Begin(epoch), nil)
	contents := evenly(600)
	apply(p.Listed(ledger.Listing{Span: week, Contents: contents, At: week.From.Add(24 * time.Hour)}), nil)
	for i := range 20 {
		batch := contents[100+10*i : 110+10*i]
		pack := dedup.NewPack(uint64(i+1), epoch, []dedup.Part{{
			Type: normalize.AuditExchange, ContentID: batch[0].ID, IDs: make([]dedup.Identity, 30*i),
		}}, func(normalize.ContentType, string) bool { return i%2 == 0 })
		apply(p.Finished(names(batch)...), &pack)
	}
	apply(p.Failed(contents[500].AfterFailure(ledger.FaultOwn, epoch, 0)), nil, 3, 4, 5)
	require.NoError(t, f.Close())
	f, saved := mustOpen(t, path)
	holds = contentsOf(saved)
	require.NoError(t, f.Close())
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	return file, holds
}

// contentsOf renders all that was saved.
func contentsOf(saved state.Saved) string {
	var text strings.Builder
	fmt.Fprintln(&text, saved.FromEarliest, saved.Packs)
	for _, ct := range normalize.ContentTypes() {
		p := saved.Positions[ct]
		if p == nil {
			continue
		}
		fmt.Fprintln(&text, ct, p.Origin(), p.Covered(), p.DoneCount())
		for _, c := range evenly(600) {
			known, ok := p.Content(c.ID)
			fmt.Fprintln(&text, ok, known, p.Done(c.ID))
		}
	}
	return text.String()
}

// TestFlippedBytesAreNeverTakenForAPosition overwrites bytes in a page of a file
// that has been in use. Opening it neither panics nor hangs, and yields all that
// was saved, or says that the file is damaged, of a newer version or of another
// tenant; and so it does after a few more transactions.
func TestFlippedBytesAreNeverTakenForAPosition(t *testing.T) {
	t.Parallel()
	file, holds := used(t)
	dir := t.TempDir()
	run, reported := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		path := filepath.Join(dir, fmt.Sprintf("%d.db", run))
		hurt := append([]byte(nil), file...)
		page := rapid.IntRange(0, len(file)/pageSize-1).Draw(rt, "page")
		for range rapid.IntRange(1, 4).Draw(rt, "bytes") {
			// Half of them in the head of the page and in what points to its entries.
			most := rapid.SampledFrom([]int{32, 200, pageSize - 1}).Draw(rt, "most")
			offset := page*pageSize + rapid.IntRange(0, most).Draw(rt, "offset")
			hurt[offset] ^= rapid.ByteRange(1, 255).Draw(rt, "flip")
		}
		require.NoError(rt, os.WriteFile(path, hurt, 0o600))
		defer func() { _ = os.Remove(path) }() // a temporary file
		f, saved, err := state.Open(options(path))
		if err != nil {
			requireRefused(rt, err)
			return
		}
		if saved.Damaged != "" {
			reported++
			require.NoError(rt, f.Close())
			require.NoError(rt, os.Remove(saved.Damaged))
			return
		}
		require.Equal(rt, holds, contentsOf(saved))
		requireGoesOn(rt, f, path, saved.Positions[normalize.AuditExchange])
	})
	require.Positive(t, reported)
}

// requireRefused checks that a file which cannot be opened is refused for what
// its damage made of it, and not for nothing.
func requireRefused(t *rapid.T, err error) {
	if _, newer := errors.AsType[*state.VersionError](err); !newer {
		var tenant *state.TenantError
		require.ErrorAs(t, err, &tenant)
	}
}

// requireGoesOn works on with a file that has been opened: what it stores is
// there afterwards, or the file is reported as damaged.
func requireGoesOn(t *rapid.T, f *state.File, path string, p *ledger.Position) {
	failed := false
	for range 5 {
		some := slices.Sorted(ids(p))
		c := p.Finished(some[:min(20, len(some))]...)
		if err := f.Apply(state.Tx{Changes: changes(c)}); err != nil {
			failed = true
			continue
		}
		p.Apply(c)
	}
	known, _ := p.KnownCount()
	_ = f.Close() // of a file that may be damaged
	f, saved, err := state.Open(options(path))
	require.NoError(t, err)
	if saved.Damaged != "" {
		require.NoError(t, os.Remove(saved.Damaged))
	} else {
		got, _ := saved.Positions[normalize.AuditExchange].KnownCount()
		require.Equal(t, known, got, "a write failed: %t", failed)
	}
	require.NoError(t, f.Close())
}

func TestEmptyFileIsDamagedAndNotNew(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	f, saved := mustOpen(t, path)
	require.NotEmpty(t, saved.Damaged)
	require.True(t, saved.FromEarliest)
	require.NoError(t, f.Close())
}

// TestFileCutAnywhereIsReported cuts a file that has been in use: between pages,
// within one, and within the metas.
func TestFileCutAnywhereIsReported(t *testing.T) {
	t.Parallel()
	file, _ := used(t)
	for _, size := range []int{1, 15, 16, 100, 511, 4095, 4096, 4097, 8192, 12288, 20000, len(file) / 2} {
		path := newPath(t)
		require.NoError(t, os.WriteFile(path, file[:size], 0o600))
		f, saved, err := state.Open(options(path))
		require.NoError(t, err, size)
		require.NotEmpty(t, saved.Damaged, size)
		require.NoError(t, f.Close())
	}
}

// TestWhatTheSystemSaysOfAFileIsNoDamage: a file that cannot be read or locked
// stays where it is.
func TestWhatTheSystemSaysOfAFileIsNoDamage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	loop := filepath.Join(dir, "loop.db")
	require.NoError(t, os.Symlink(loop, loop))
	for _, path := range []string{dir, loop, filepath.Join(dir, "missing", "o365.db"), "/proc/self/mem"} {
		_, saved, err := state.Open(options(path))
		require.Error(t, err, path)
		require.Empty(t, saved.Damaged)
		_, err = os.Lstat(path)
		require.Equal(t, filepath.Base(filepath.Dir(path)) == "missing", errors.Is(err, os.ErrNotExist), path)
	}
}

func TestContentIdsOfAnyLengthAreKept(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	f, _ := mustOpen(t, path)
	p := ledger.NewPosition()
	var contents []ledger.Content
	for _, length := range []int{1, 1023, 1025, 4096, 30_000} {
		contents = append(contents, ledger.Content{ID: strings.Repeat("i", length), Created: epoch})
	}
	apply := func(c ledger.Change) {
		require.NoError(t, f.Apply(state.Tx{Changes: changes(c)}))
		p.Apply(c)
	}
	apply(ledger.Change{Known: contents})
	apply(p.Finished(names(contents[:3])...))
	require.NoError(t, f.Close())
	f, saved := mustOpen(t, path)
	got := saved.Positions[normalize.AuditExchange]
	for i, c := range contents {
		_, known := got.Content(c.ID)
		require.Equal(t, i >= 3, known, len(c.ID))
		require.Equal(t, i < 3, got.Done(c.ID), len(c.ID))
	}
	require.NoError(t, f.Close())
}
