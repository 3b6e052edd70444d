package state_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"office365/normalize"
	"office365/plugin/internal/dedup"
	"office365/plugin/internal/ledger"
	"office365/plugin/internal/state"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const tenant = "0aa0aaaa-1111-2222-3333-444455556666"

var epoch = time.Date(2026, 3, 2, 10, 0, 0, 123456700, time.UTC)

func options(path string) state.Options {
	return state.Options{Path: path, Tenant: tenant, Wait: 50 * time.Millisecond, Now: epoch}
}

func mustOpen(t require.TestingT, path string) (*state.File, state.Saved) {
	f, saved, err := state.Open(options(path))
	require.NoError(t, err)
	return f, saved
}

func newPath(tb testing.TB) string {
	tb.Helper()
	return filepath.Join(tb.TempDir(), "o365.db")
}

func changes(c ledger.Change) map[normalize.ContentType]ledger.Change {
	return map[normalize.ContentType]ledger.Change{normalize.AuditExchange: c}
}

func TestWhatIsAppliedIsThereAfterReopening(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	f, saved := mustOpen(t, path)
	assert.Empty(t, saved.Positions)

	content := ledger.Content{
		ID: "2026$na", Created: epoch, Expires: epoch.Add(time.Hour),
		Attempts: 3, Fault: ledger.FaultOwn, NextTry: epoch.Add(time.Minute), Quarantined: true,
	}
	plain := ledger.Content{ID: "plain", Created: epoch}
	pack := dedup.Pack{Seq: 7, At: epoch, Parts: []dedup.Part{{
		Type: normalize.AuditExchange, ContentID: "2026$na", Created: epoch,
		IDs: []dedup.Identity{dedup.OfPlace(normalize.AuditExchange, "x", 1)},
	}}}
	covered := ledger.Spans{{From: epoch.Truncate(time.Second), To: epoch.Add(time.Hour).Truncate(time.Second)}}
	require.NoError(t, f.Apply(state.Tx{
		Changes: changes(ledger.Change{
			Origin: epoch.Truncate(time.Second), Covered: covered, Known: []ledger.Content{content, plain},
			Done: []ledger.Mark{{ID: "done", Created: epoch}},
		}),
		Pack: &pack,
	}))
	require.NoError(t, f.Close())

	f, saved = mustOpen(t, path)
	p := saved.Positions[normalize.AuditExchange]
	require.NotNil(t, p)
	assert.Equal(t, epoch.Truncate(time.Second), p.Origin())
	assert.Equal(t, covered, p.Covered())
	got, known := p.Content("2026$na")
	assert.True(t, known)
	assert.Equal(t, content, got)
	got, _ = p.Content("plain")
	assert.Equal(t, plain, got)
	assert.True(t, p.Done("done"))
	assert.Equal(t, []dedup.Pack{pack}, saved.Packs)

	require.NoError(t, f.Apply(state.Tx{
		Changes: changes(ledger.Change{Drop: []ledger.Mark{{ID: "plain", Created: epoch}}, Forget: []ledger.Mark{{ID: "done", Created: epoch}}}), Evict: []uint64{7},
	}))
	require.NoError(t, f.Close())
	f, saved = mustOpen(t, path)
	assert.Equal(t, []string{"2026$na"}, slices.Collect(ids(saved.Positions[normalize.AuditExchange])))
	assert.Empty(t, saved.Packs)
	require.NoError(t, f.Close())
}

func ids(p *ledger.Position) func(func(string) bool) {
	m := map[string]bool{}
	for c := range p.Known {
		m[c.ID] = true
	}
	return maps.Keys(m)
}

func TestTimesTooFarForTheFileStayFar(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	f, _ := mustOpen(t, path)
	never := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	require.NoError(t, f.Apply(state.Tx{Changes: changes(ledger.Change{
		Known: []ledger.Content{{ID: "a", Created: epoch, Expires: never}},
	})}))
	require.NoError(t, f.Close())
	f, saved := mustOpen(t, path)
	c, _ := saved.Positions[normalize.AuditExchange].Content("a")
	assert.True(t, c.Expires.After(epoch.AddDate(200, 0, 0)), c.Expires)
	require.NoError(t, f.Close())
}

func TestFileThatReplacesADamagedOneSaysSoAtEveryStart(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	require.NoError(t, os.WriteFile(path, bytes.Repeat([]byte("garbage!"), 4096), 0o600))
	for range 2 {
		f, saved := mustOpen(t, path)
		assert.True(t, saved.FromEarliest)
		require.NoError(t, f.Probe())
		require.NoError(t, f.Close())
	}
}

func TestSecondOpenerIsToldWithinASecond(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	f, _ := mustOpen(t, path)
	begin := time.Now()
	_, _, err := state.Open(options(path))
	require.ErrorIs(t, err, state.ErrLocked)
	assert.Less(t, time.Since(begin), time.Second)
	require.NoError(t, f.Close())
}

func TestOnlyTheOwnerMayReadTheFile(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	f, _ := mustOpen(t, path)
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.NoError(t, f.Close())
}

func TestNewerVersionIsRefusedAndLeftAlone(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	f, _ := mustOpen(t, path)
	require.NoError(t, f.Close())
	db, err := bolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte("meta")).Put([]byte("schema"), []byte{0, 0, 0, 0, 0, 0, 0, 99})
	}))
	require.NoError(t, db.Close())
	before, err := os.ReadFile(path)
	require.NoError(t, err)

	_, _, err = state.Open(options(path))
	var version *state.VersionError
	require.ErrorAs(t, err, &version)
	assert.Equal(t, uint64(99), version.Found)
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(before, after))
}

func TestFileOfAnotherTenantIsRefused(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	f, _ := mustOpen(t, path)
	require.NoError(t, f.Close())
	o := options(path)
	o.Tenant = "another"
	_, _, err := state.Open(o)
	var other *state.TenantError
	require.ErrorAs(t, err, &other)
	assert.Equal(t, tenant, other.Found)
}

func TestPathThatCannotBeWrittenIsAnError(t *testing.T) {
	t.Parallel()
	_, saved, err := state.Open(options(filepath.Join(t.TempDir(), "missing", "o365.db")))
	require.ErrorIs(t, err, os.ErrNotExist)
	assert.Empty(t, saved.Damaged)
}

func TestDatabaseOfAnotherInputIsLeftAlone(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	theirs := append([]byte("SQLite format 3\x00"), make([]byte, 8192)...)
	require.NoError(t, os.WriteFile(path, theirs, 0o600))
	_, _, err := state.Open(options(path))
	var foreign *state.ForeignError
	require.ErrorAs(t, err, &foreign)
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(theirs, got))
}

func TestDamagedFileIsMovedAside(t *testing.T) {
	t.Parallel()
	damage := map[string]func(whole []byte) []byte{
		"text":        func([]byte) []byte { return []byte("this is no database, and long enough to be read as one") },
		"zeros":       func(whole []byte) []byte { return make([]byte, len(whole)) },
		"cut":         func(whole []byte) []byte { return whole[:len(whole)/3] },
		"one page":    func(whole []byte) []byte { return whole[:4096] },
		"lost middle": func(whole []byte) []byte { clear(whole[8192:]); return whole },
	}
	for name, hurt := range damage {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := newPath(t)
			f, _ := mustOpen(t, path)
			for i := range 50 {
				c := ledger.Content{ID: fmt.Sprintf("content-%d-%s", i, bytes.Repeat([]byte("x"), 400)), Created: epoch}
				require.NoError(t, f.Apply(state.Tx{Changes: changes(ledger.Change{Known: []ledger.Content{c}})}))
			}
			require.NoError(t, f.Close())
			whole, err := os.ReadFile(path)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(path, hurt(whole), 0o600))

			f, saved := mustOpen(t, path)
			assert.Equal(t, path+".damaged-20260302T100000Z", saved.Damaged)
			assert.FileExists(t, saved.Damaged)
			assert.Empty(t, saved.Positions)
			require.NoError(t, f.Close())
		})
	}
}

// TestFileIsThePositionAtEveryStep applies random changes to a position and to
// the file, and reopens the file at random: both are the same then.
func TestFileIsThePositionAtEveryStep(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	run := 0
	rapid.Check(t, func(t *rapid.T) {
		run++
		path := filepath.Join(dir, fmt.Sprintf("%d.db", run))
		f, _ := mustOpen(t, path)
		model := ledger.NewPosition()
		apply := func(c ledger.Change) {
			require.NoError(t, f.Apply(state.Tx{Changes: changes(c)}))
			model.Apply(c)
		}
		apply(model.Begin(epoch))
		second := func(name string) time.Time {
			return epoch.Truncate(time.Second).Add(time.Duration(rapid.IntRange(0, 500).Draw(t, name)) * time.Second)
		}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"list", "finish", "fail"}).Draw(t, "step") {
			case "list":
				l := ledger.Listing{Span: ledger.Span{From: second("from"), To: second("to")}, At: second("at"), Overlap: time.Minute}
				for range rapid.IntRange(0, 5).Draw(t, "contents") {
					created := second("created")
					l.Contents = append(l.Contents, ledger.Content{ID: strconv.FormatInt(created.Unix(), 10), Created: created})
				}
				apply(model.Listed(l))
			case "finish":
				apply(model.Finished(slices.Collect(ids(model))...))
			case "fail":
				for id := range ids(model) {
					c, _ := model.Content(id)
					apply(model.Failed(c.AfterFailure(ledger.FaultOwn, epoch, 0)))
					break
				}
			}
		}
		require.NoError(t, f.Close())
		f, saved := mustOpen(t, path)
		got := saved.Positions[normalize.AuditExchange]
		require.Equal(t, model.Origin(), got.Origin())
		require.Equal(t, model.Covered(), got.Covered())
		require.Equal(t, model.DoneCount(), got.DoneCount())
		want := slices.Sorted(ids(model))
		require.Equal(t, want, slices.Sorted(ids(got)))
		for _, id := range want {
			a, _ := model.Content(id)
			b, _ := got.Content(id)
			require.Equal(t, a, b)
		}
		require.NoError(t, f.Close())
	})
}
