package state_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/normalize"
	"office365/plugin/internal/dedup"
	"office365/plugin/internal/ledger"
	"office365/plugin/internal/state"
)

// full is a file that holds so many contents known, as many done, and half a
// million identities, and the position in it.
type full struct {
	*state.File
	t        testing.TB
	path     string
	position *ledger.Position
	contents []ledger.Content // known, oldest first
	seq      uint64
}

const identities = 500_000

func newFull(tb testing.TB, contents int) *full {
	tb.Helper()
	path := newPath(tb)
	file, _ := mustOpen(tb, path)
	f := &full{File: file, t: tb, path: path, position: ledger.NewPosition()}
	f.apply(f.position.Begin(epoch), nil)
	all := evenly(2 * contents)
	for part := range slices.Chunk(all, 20_000) {
		f.apply(f.position.Listed(ledger.Listing{Span: week, Contents: part, Cut: true}), nil)
	}
	f.contents = all[:contents]
	for part := range slices.Chunk(all[contents:], 1000) {
		f.apply(f.position.Finished(names(part)...), nil)
	}
	const ofBatch = 3000 // records of 1.4 KB in a batch of 4 MB
	for range identities / ofBatch {
		f.apply(ledger.Change{}, f.pack(nil, ofBatch))
	}
	return f
}

var week = ledger.Span{From: epoch, To: epoch.Add(7 * 24 * time.Hour)}

// evenly returns contents all over the week. Their ids are as long as Microsoft's
// and in no order.
func evenly(n int) []ledger.Content {
	contents := make([]ledger.Content, n)
	for i := range contents {
		hash := fnv.New64a()
		_ = binary.Write(hash, binary.BigEndian, int64(i)) // a hash takes what it gets
		created := week.From.Add(time.Duration(i) * (week.Length() / time.Duration(n)))
		contents[i] = ledger.Content{
			ID:      fmt.Sprintf("%020d$20260302101612456009733$audit_sharepoint$Audit_SharePoint$na0030$na0030", hash.Sum64()),
			Created: created, Expires: created.Add(7 * 24 * time.Hour),
		}
	}
	return contents
}

func names(contents []ledger.Content) []string {
	ids := make([]string, len(contents))
	for i, c := range contents {
		ids[i] = c.ID
	}
	return ids
}

// pack is that of a batch with so many records of each of the contents, all of
// which are done with it, or of one that is not.
func (f *full) pack(contents []ledger.Content, records int) *dedup.Pack {
	if len(contents) == 0 {
		contents = []ledger.Content{{ID: "another"}}
	}
	f.seq++
	var parts []dedup.Part
	for _, c := range contents {
		parts = append(parts, dedup.Part{
			Type: normalize.AuditExchange, ContentID: c.ID, Created: c.Created, IDs: make([]dedup.Identity, records),
		})
	}
	p := dedup.NewPack(f.seq, epoch, parts, func(normalize.ContentType, string) bool { return true })
	return &p
}

// apply stores a change and a pack, and tells how many bytes that wrote and how
// long it took.
func (f *full) apply(c ledger.Change, pack *dedup.Pack) (written int64, took time.Duration) {
	f.t.Helper()
	before, begin := f.Written(), time.Now()
	require.NoError(f.t, f.Apply(state.Tx{Changes: changes(c), Pack: pack}))
	f.position.Apply(c)
	return f.Written() - before, time.Since(begin)
}

// TestCommitWritesInProportionToItsBatch commits batches of several sizes in a
// small file and in a large one: the bytes written follow the batch.
func TestCommitWritesInProportionToItsBatch(t *testing.T) {
	t.Parallel()
	const records = 5 // of each content
	for _, known := range []int{100, 100_000} {
		f := newFull(t, known)
		for _, size := range []int{1, 8, 64} {
			var worst int64
			var took []time.Duration
			for range min(3, len(f.contents)/size) {
				batch := f.contents[:size]
				f.contents = f.contents[size:]
				written, d := f.apply(f.position.Finished(names(batch)...), f.pack(batch, records))
				worst = max(worst, written)
				took = append(took, d)
			}
			slices.Sort(took)
			t.Logf("%d known, a batch of %d contents: at most %d KB, %v", known, size, worst>>10, took[len(took)/2])
			assert.LessOrEqual(t, worst, commitBytes(size), "%d known, a batch of %d contents", known, size)
			assert.Less(t, took[len(took)/2], 5*time.Second) // a millisecond where nobody else wants the disk
		}
		f.requireSmall()
	}
}

// requireSmall closes the file, which must not be too large, and opens it again,
// which must not take long.
func (f *full) requireSmall() {
	require.NoError(f.t, f.Close())
	info, err := os.Stat(f.path)
	require.NoError(f.t, err)
	begin := time.Now()
	file, saved := mustOpen(f.t, f.path)
	f.t.Logf("%d KB, opened in %v", info.Size()>>10, time.Since(begin))
	assert.Less(f.t, time.Since(begin), 30*time.Second) // half a second without the race detector
	assert.Len(f.t, f.contents, knownIn(saved))
	assert.LessOrEqual(f.t, info.Size(), int64(64<<20))
	require.NoError(f.t, file.Close())
}

func knownIn(saved state.Saved) int {
	known, _ := saved.Positions[normalize.AuditExchange].KnownCount()
	return known
}

// commitBytes bounds what a commit may write: what is the same for all is the
// way from the root to each bucket, the last few packs, which share a page, and
// the list of free pages.
func commitBytes(contents int) int64 {
	return 256<<10 + int64(contents)<<10
}

// TestListingWritesInProportionToItsContents stores the longest listing there
// is, in a large file.
func TestListingWritesInProportionToItsContents(t *testing.T) {
	t.Parallel()
	f := newFull(t, 1)
	contents := evenly(60_000)
	for part := range slices.Chunk(contents, 20_000) {
		written, took := f.apply(f.position.Listed(ledger.Listing{Span: week, Contents: part, Cut: true}), nil)
		t.Logf("a listing of 20,000: %d KB, %v", written>>10, took)
		assert.Less(t, written, int64(20_000*256))
		assert.Less(t, took, 30*time.Second)
	}
	require.NoError(t, f.Close())
}

// TestCommitOfAlertsWritesWhatChanged commits batches with a few alerts each
// beside 10,000 alerts, as they come during a backlog: a trigger, its entities,
// the emission.
func TestCommitOfAlertsWritesWhatChanged(t *testing.T) {
	t.Parallel()
	const held, batches, ofBatch = 10_000, 20, 45 // 3,000 records of which 1.5 % are triggers
	f := newEmpty(t)
	m, err := normalize.NewMerger(mergeOptions, nil, normalize.Arrival{Now: epoch})
	require.NoError(t, err)
	n := normalize.New(normalize.Options{})
	var worst, total int64
	for i := range held/ofBatch + batches {
		changes := alertsOf(t, n, m, i, ofBatch)
		size := 0
		for _, c := range changes {
			size += len(c.Key) + len(c.Value)
		}
		before := f.Written()
		require.NoError(t, f.Apply(state.Tx{Alerts: changes}))
		if written := f.Written() - before; i >= held/ofBatch {
			worst, total = max(worst, written), total+written
			assert.LessOrEqual(t, written, 2*int64(size)+64<<10, "for %d bytes of changes", size)
		}
	}
	t.Logf("at most %d KB, %d KB on average", worst>>10, total/batches>>10)
	require.NoError(t, f.Close())
}

// alertsOf are the changes by so many alerts of a batch, of two entities each.
// Their ids are in no order.
func alertsOf(t *testing.T, n *normalize.Normalizer, m *normalize.Merger, batch, alerts int) []normalize.AlertChange {
	t.Helper()
	at := normalize.Arrival{Now: epoch.Add(time.Duration(batch) * time.Second), Known: uint64(batch)}
	last := map[string]normalize.AlertChange{} // as the outbox does
	keep := func(changes []normalize.AlertChange) {
		for _, c := range changes {
			last[c.Key] = c
		}
	}
	for i := range alerts {
		id := sha256.Sum256(fmt.Append(nil, batch, i))
		for k, operation := range []string{"AlertTriggered", "AlertEntityGenerated", "AlertEntityGenerated"} {
			text := fmt.Sprintf(`{"Id":"id-%d-%d-%d","CreationTime":"2026-03-02T10:00:00","Operation":%q,"AlertId":"%x",`+
				`"EntityType":"User","AlertEntityId":"user-%d@contoso.example","Status":"Active","Data":"%0900d"}`, batch, i, k, operation, id[:16], k, i)
			raw := normalize.Raw{Bytes: []byte(text), Length: int64(len(text))}
			note, ok := n.Record(raw, normalize.Source{ContentType: normalize.AuditGeneral, ContentID: "c"}, epoch).AlertNote()
			require.True(t, ok)
			keep(m.Note(note, at))
		}
	}
	for _, e := range m.Due(at.Now, at.Known) {
		keep(e.Changes)
	}
	return slices.Collect(maps.Values(last))
}
