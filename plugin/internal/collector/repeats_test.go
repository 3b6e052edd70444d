package collector_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/simulator"
)

// record is an audit record of the given Id and part.
func record(id string, part int) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"Id":%q,"RecordNumber":%d,"CreationTime":"2026-01-01T00:00:00","Operation":"o",`+
		`"Workload":"Exchange","RecordType":1}`, id, part))
}

// blob adds one of the type that was created a minute ago.
func (r *rig) blob(ct simulator.ContentType, records ...json.RawMessage) string {
	return r.sim.AddBlob(simulator.Blob{Type: ct, Created: time.Now().Add(-time.Minute), Records: records})
}

func TestARepeatIsDroppedWithinItsTypeAndCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["status_interval"] = "12m"
		r.start()
		r.blob(simulator.AuditExchange, record("a", 0), record("b", 0), record("A", 0))
		r.run(6 * time.Minute)
		r.blob(simulator.AuditExchange, record("b", 0), record("c", 0))
		r.blob(simulator.AuditGeneral, record("b", 0))
		r.run(6*time.Minute + time.Second)
		assert.ElementsMatch(t, []string{"a", "b", "c", "b"}, r.delivered)
		assert.Contains(t, r.log.String(), "Audit.Exchange: 2 contents, 3 records, 2 repeats; Audit.General: 1 content, 1 record")
		r.stop()
	})
}

func TestPartsOfOneSplitRecordAreNoRepeats(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.start()
		r.blob(simulator.AuditExchange, record("split", 1), record("split", 2))
		r.blob(simulator.AuditExchange, record("split", 3), record("split", 2))
		r.run(6 * time.Minute)
		assert.Equal(t, []string{"split", "split", "split"}, r.delivered)
		r.stop()
	})
}

func TestIdsSeenOutliveARestartAndAKill(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.start()
		id := r.blob(simulator.AuditExchange, record("a", 0), record("b", 0))
		for range 3 {
			r.run(6 * time.Minute)
			r.stop()
			r.start()
			r.sim.Republish(id, time.Now().Add(-time.Minute))
		}
		r.run(6 * time.Minute)
		r.stop()
		assert.ElementsMatch(t, []string{"a", "b"}, r.delivered)
	})
}

func TestABlobPublishedAgainFiveDaysLaterCostsWhatLiesOutsideTheWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.start()
		r.blob(simulator.AuditExchange, record("old", 0))
		r.run(6 * time.Minute)
		r.stop()
		sleep(4*24*time.Hour + 22*time.Hour)
		r.start()
		r.blob(simulator.AuditExchange, record("yesterday's", 0))
		r.run(6 * time.Minute)
		sleep(2 * time.Hour)
		r.blob(simulator.AuditExchange, record("old", 0), record("yesterday's", 0))
		r.run(6 * time.Minute)
		r.stop()
		assert.Equal(t, []string{"old", "yesterday's", "old"}, r.delivered)
	})
}

func TestOfABlobThatBreaksOnlyTheMissingHalfComesWhateverDedupMax(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["dedup_max"] = "1"
		half := r.sim.AddBlob(simulator.Blob{Type: simulator.AuditExchange, Created: time.Now().Add(-time.Hour), Generate: 40})
		r.sim.Inject(simulator.MustFault("truncated").At(half).Count(8))
		r.start()
		r.run(4 * time.Minute)
		first := len(r.delivered)
		require.Positive(t, first)
		require.Less(t, first, 40)
		// Many that would push out what was remembered.
		r.sim.AddContent(simulator.AuditExchange, 10, 20, time.Now().Add(-time.Hour), time.Now())
		r.run(6 * time.Minute)
		r.stop()
		r.start()
		r.run(3 * time.Hour)
		r.stop()
		r.requireAllOnce()
	})
}

func TestIdsRememberedAreBoundedInTheFile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["dedup_max"] = "100"
		r.settings["batch_size"] = "32K" // some 20 records
		r.fill(10, 20)
		r.start()
		r.run(5 * time.Minute)
		r.stop()
		r.requireAllOnce()
		remembered := 0
		for _, pack := range r.saved().Packs {
			for _, part := range pack.Parts {
				remembered += len(part.IDs)
			}
		}
		assert.Greater(t, remembered, 60)
		assert.LessOrEqual(t, remembered, 160, "and what came after the last eviction")
	})
}
