package dedup_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"office365/normalize"
	"office365/plugin/internal/dedup"
)

var epoch = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func numbered(n uint64) dedup.Identity {
	var id dedup.Identity
	binary.BigEndian.PutUint64(id[:], n)
	return id
}

func TestIdentityIsIdRecordNumberTimeAndOperation(t *testing.T) {
	t.Parallel()
	base := normalize.Key{ID: "ABC", RecordNumber: "1", CreationTime: "2026-03-02T10:00:00", Operation: "FileDownloaded"}
	of := func(ct normalize.ContentType, k normalize.Key) dedup.Identity {
		id, ok := dedup.OfKey(ct, k)
		require.True(t, ok)
		return id
	}
	want := of(normalize.AuditExchange, base)

	folded := base
	folded.ID = "abc"
	assert.Equal(t, want, of(normalize.AuditExchange, folded), "letter case of an Id differs between deliveries")

	others := map[string]normalize.Key{
		"part":      {ID: "ABC", RecordNumber: "2", CreationTime: base.CreationTime, Operation: base.Operation},
		"time":      {ID: "ABC", RecordNumber: "1", CreationTime: "2026-03-02T10:00:01", Operation: base.Operation},
		"operation": {ID: "ABC", RecordNumber: "1", CreationTime: base.CreationTime, Operation: "FileDeleted"},
		"boundary":  {ID: "ABC1", CreationTime: base.CreationTime, Operation: base.Operation},
	}
	for name, key := range others {
		assert.NotEqual(t, want, of(normalize.AuditExchange, key), name)
	}
	assert.NotEqual(t, want, of(normalize.AuditGeneral, base), "repeats are dropped within a content type")
}

func TestRecordWithoutIdHasNoKey(t *testing.T) {
	t.Parallel()
	_, ok := dedup.OfKey(normalize.AuditExchange, normalize.Key{Operation: "x"})
	assert.False(t, ok)
	assert.NotEqual(t, dedup.OfPlace(normalize.DLPAll, "a", 1), dedup.OfPlace(normalize.DLPAll, "a", 2))
	assert.NotEqual(t, dedup.OfPlace(normalize.DLPAll, "a", 1), dedup.OfPlace(normalize.DLPAll, "b", 1))
	assert.NotEqual(t, dedup.OfText(normalize.DLPAll, "a", []byte("x")), dedup.OfText(normalize.DLPAll, "a", []byte("y")))
}

func nothingUndone(normalize.ContentType, string) bool { return false }

func pack(seq uint64, content string, created time.Time, ids ...uint64) dedup.Pack {
	part := dedup.Part{Type: normalize.AuditExchange, ContentID: content, Created: created}
	for _, n := range ids {
		part.IDs = append(part.IDs, numbered(n))
	}
	return dedup.Pack{Seq: seq, Parts: []dedup.Part{part}}
}

func TestOldestGoFirstWhenThereAreTooMany(t *testing.T) {
	t.Parallel()
	s := dedup.NewSet(dedup.Limits{Window: time.Hour, Max: 3}, []dedup.Pack{
		pack(1, "a", epoch, 1, 2), pack(2, "b", epoch, 3, 4), pack(3, "c", epoch, 5),
	})
	stale := s.Stale(epoch, nothingUndone)
	assert.Equal(t, []uint64{1}, stale)
	s.Evict(stale)
	assert.Equal(t, 3, s.Len())
	assert.True(t, s.Add(numbered(1)), "forgotten")
	assert.False(t, s.Add(numbered(5)), "remembered")
}

func TestIdsLeaveByTheAgeOfTheirContent(t *testing.T) {
	t.Parallel()
	s := dedup.NewSet(dedup.Limits{Window: time.Hour, Max: 100}, []dedup.Pack{
		pack(1, "new", epoch, 1), pack(2, "old", epoch.Add(-2*time.Hour), 2),
	})
	assert.Equal(t, []uint64{2}, s.Stale(epoch, nothingUndone))
}

func TestIdsOfOldContentStayForTheWindowAfterItsCommit(t *testing.T) {
	t.Parallel()
	old := pack(1, "backlog", epoch.Add(-100*time.Hour), 1)
	old.At = epoch
	s := dedup.NewSet(dedup.Limits{Window: time.Hour, Max: 100}, []dedup.Pack{old})
	assert.Empty(t, s.Stale(epoch.Add(59*time.Minute), nothingUndone))
	assert.Equal(t, []uint64{1}, s.Stale(epoch.Add(61*time.Minute), nothingUndone))
}

func TestIdsOfAnUndoneContentStay(t *testing.T) {
	t.Parallel()
	s := dedup.NewSet(dedup.Limits{}, []dedup.Pack{pack(1, "half", epoch, 1), pack(2, "done", epoch, 2)})
	undone := func(_ normalize.ContentType, id string) bool { return id == "half" }
	assert.Equal(t, []uint64{2}, s.Stale(epoch.Add(1000*time.Hour), undone))
}

// TestSetRemembersExactlyWhatItsPacksHold compares the set with a plain model.
func TestSetRemembersExactlyWhatItsPacksHold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limits := dedup.Limits{Window: time.Hour, Max: rapid.IntRange(0, 20).Draw(t, "max")}
		s := dedup.NewSet(limits, nil)
		kept := map[uint64][]uint64{}
		seen := map[uint64]bool{}
		now, seq := epoch, uint64(0)
		for range rapid.IntRange(1, 40).Draw(t, "batches") {
			now = now.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "minutes")) * time.Minute)
			seq++
			var fresh []uint64
			for range rapid.IntRange(0, 6).Draw(t, "records") {
				n := rapid.Uint64Range(0, 60).Draw(t, "id")
				require.Equal(t, !seen[n], s.Add(numbered(n)))
				if !seen[n] {
					seen[n] = true
					fresh = append(fresh, n)
				}
			}
			s.Keep(pack(seq, "c", now, fresh...))
			kept[seq] = fresh
			stale := s.Stale(now, nothingUndone)
			s.Evict(stale)
			for _, gone := range stale {
				for _, n := range kept[gone] {
					delete(seen, n)
				}
				delete(kept, gone)
			}
			require.Equal(t, len(seen), s.Len())
			require.LessOrEqual(t, s.Len(), limits.Max)
		}
	})
}
