package collector_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/normalize"
	"office365/plugin/internal/state"
	"office365/tests/simulator"
)

// family writes the records of one alert.
type family struct{ alert string }

func (f family) record(id, operation, more string) string {
	return fmt.Sprintf(`{"Id":%q,"CreationTime":"2000-01-01T00:00:01","Operation":%q,"OrganizationId":"0aa0aaaa-1111-2222-3333-444455556666",`+
		`"RecordType":40,"UserId":"SecurityComplianceAlerts","UserKey":"SecurityComplianceAlerts","UserType":4,"Version":1,`+
		`"Workload":"SecurityComplianceCenter","AlertId":%q,"Name":"Forwarding rule","Severity":"Low","Status":"Active",`+
		`"Source":"Office 365 Security & Compliance"%s}`, id, operation, f.alert, more)
}

func (f family) trigger(id string) string { return f.record(id, "AlertTriggered", "") }

func (f family) entity(id, user string) string {
	return f.record(id, "AlertEntityGenerated", `,"EntityType":"User","AlertEntityId":"`+user+`"`)
}

// offer makes the records a content of their own, listable now.
func (r *rig) offer(records ...string) {
	r.sim.AddBlob(simulator.Blob{
		Type: simulator.AuditGeneral, Created: time.Now().Add(-time.Minute), Listable: time.Now(),
		Body: []byte("[" + strings.Join(records, ",") + "]"),
	})
}

// seenAlerts are the alerts handed over: uid, revision and entities of each.
func (r *rig) seenAlerts() []string {
	var seen []string
	for _, a := range r.alerts {
		summary, ok := a["event_summary"].(map[string]any)
		require.True(r.t, ok)
		assert.Equal(r.t, "alerts", a["index"])
		_, alert, _ := strings.Cut(fmt.Sprint(a["alert_uid"]), "/")
		seen = append(seen, fmt.Sprint(alert, " ", a["alert_revision"], " ", summary["AlertEntityId"]))
	}
	return seen
}

func newAlertRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, nil)
	r.settings["content_types"] = "Audit.General"
	r.settings["interval"] = "1m"
	return r
}

func TestAlertInThreeBlobsEntityFirstIsOneRecordWithBoth(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, f := newAlertRig(t), family{"a-1"}
		r.start()
		r.run(time.Minute)
		r.offer(f.entity("e-1", "alice@contoso.example"))
		r.offer(f.trigger("t-1"))
		r.offer(f.entity("e-2", "bob@contoso.example"))
		r.run(3 * time.Minute)
		assert.Equal(t, []string{"a-1 0 [alice@contoso.example bob@contoso.example]"}, r.seenAlerts())
		assert.ElementsMatch(t, []string{"e-1", "t-1", "e-2"}, r.delivered, "the originals are not held")
		r.run(10 * time.Minute)
		r.stop()
		assert.Len(t, r.alerts, 1)
	})
}

func TestLateEntityIsANewRevision(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, f := newAlertRig(t), family{"a-1"}
		r.start()
		r.offer(f.trigger("t-1"), f.entity("e-1", "alice@contoso.example"))
		r.run(3 * time.Minute)
		r.stop()
		r.offer(f.entity("e-2", "bob@contoso.example"))
		r.start()
		r.run(3 * time.Minute)
		r.stop()
		assert.Equal(t, []string{
			"a-1 0 [alice@contoso.example]",
			"a-1 1 [alice@contoso.example bob@contoso.example]",
		}, r.seenAlerts())
	})
}

func TestAlertWithoutEntitiesWaitsAndARestartDoesNotForgetIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, f := newAlertRig(t), family{"a-1"}
		r.settings["alert_merge_wait"] = "10m"
		r.start()
		r.offer(f.trigger("t-1"))
		r.run(5 * time.Minute)
		assert.Empty(t, r.alerts)
		r.stop()
		r.start()
		r.run(4 * time.Minute)
		assert.Empty(t, r.alerts)
		r.run(2 * time.Minute)
		r.stop()
		assert.Equal(t, []string{"a-1 0 []"}, r.seenAlerts())
	})
}

func TestAlertKilledBeforeItsCommitComesAgainAsTheSame(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, f := newAlertRig(t), family{"a-1"}
		r.start()
		r.offer(f.trigger("t-1"), f.entity("e-1", "alice@contoso.example"))
		for len(r.alerts) == 0 {
			r.tick()
		}
		synctest.Wait()
		saved, err := os.ReadFile(r.settings["db"])
		require.NoError(t, err)
		r.c.Stop()
		require.NoError(t, os.WriteFile(r.settings["db"], saved, 0o600))
		r.start()
		r.run(3 * time.Minute)
		r.stop()
		assert.Equal(t, []string{
			"a-1 0 [alice@contoso.example]",
			"a-1 0 [alice@contoso.example]",
		}, r.seenAlerts())
	})
}

func TestAlertWaitsForWhatWasKnownButNotForWhatIsInQuarantine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, f := newAlertRig(t), family{"a-1"}
		r.settings["alert_merge_wait"] = "1h"
		id := r.sim.AddBlob(simulator.Blob{Type: simulator.AuditGeneral, Created: time.Now().Add(-time.Hour), Generate: 2})
		fault := simulator.MustFault("html").At(id)
		r.sim.Inject(fault)
		r.start()
		r.run(10 * time.Second)
		r.offer(f.trigger("t-1"), f.entity("e-1", "alice@contoso.example"))
		r.run(2 * time.Minute)
		assert.Empty(t, r.alerts, "a content that was known is not read yet")
		r.run(10 * time.Minute)
		r.stop()
		assert.Contains(t, r.log.String(), "quarantine")
		assert.Equal(t, []string{"a-1 0 [alice@contoso.example]"}, r.seenAlerts())
	})
}

func TestBundleComesWithTheEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, f := newAlertRig(t), family{"a-1"}
		r.settings["original_bundle"] = "on"
		r.start()
		r.offer(f.trigger("t-1"), f.entity("e-1", "alice@contoso.example"))
		r.run(3 * time.Minute)
		r.stop()
		assert.Len(t, r.alerts, 1)
		assert.Contains(t, r.delivered, "bundle/0aa0aaaa-1111-2222-3333-444455556666/a-1")
	})
}

// TestAlertAndItsBundleAreCommittedTogether kills the process between the two
// batches of one byte that hold them.
func TestAlertAndItsBundleAreCommittedTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, f := newAlertRig(t), family{"a-1"}
		const bundle = "bundle/0aa0aaaa-1111-2222-3333-444455556666/a-1"
		r.settings["original_bundle"], r.settings["batch_size"], r.settings["commit_delay"] = "on", "10000", "0s"
		long := strings.Repeat("x", 6000)
		r.start()
		r.offer(f.record("t-1", "AlertTriggered", `,"Long":"`+long+`"`), f.entity("e-1", "alice@contoso.example"))
		for len(r.alerts) == 0 {
			r.tick()
		}
		sleep(2 * time.Second) // the alert is committed
		synctest.Wait()
		require.NotContains(t, r.delivered, bundle)
		r.stop()
		r.start()
		r.run(3 * time.Minute)
		r.stop()
		assert.Contains(t, r.delivered, bundle)
		assert.Equal(t, []string{"a-1 0 [alice@contoso.example]", "a-1 0 [alice@contoso.example]"}, r.seenAlerts())
	})
}

func TestSavedAlertsThatCannotBeReadSpoilOneStartOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, f := newAlertRig(t), family{"a-1"}
		r.settings["alert_merge_wait"] = "10m"
		file, _, err := state.Open(state.Options{Path: r.settings["db"], Tenant: tenantID, Wait: time.Second, Now: time.Now()})
		require.NoError(t, err)
		newer := []normalize.AlertChange{{Key: "tail of a newer version", Value: []byte{99}}}
		require.NoError(t, file.Apply(state.Tx{Alerts: newer}))
		require.NoError(t, file.Close())
		r.start()
		r.offer(f.trigger("t-1"))
		r.run(5 * time.Minute)
		r.stop()
		r.start()
		r.run(6 * time.Minute)
		r.stop()
		assert.Len(t, r.lines("the saved state of the alerts cannot be read"), 1)
		assert.Equal(t, []string{"a-1 0 []"}, r.seenAlerts())
	})
}

// TestAlertsDoNotPileUpInAPause: merged alerts come beside buffer_size, and one
// that grows all the time makes a long revision each time.
func TestAlertsDoNotPileUpInAPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, f := newAlertRig(t), family{"a-1"}
		r.settings["batch_size"] = "20000"
		r.start()
		r.offer(f.record("t-1", "AlertTriggered", `,"Long":"`+strings.Repeat("x", 9000)+`"`))
		r.run(time.Minute)
		r.c.Pause()
		for i := range 30 {
			r.offer(f.entity(fmt.Sprint("e-", i), fmt.Sprintf("user%02d@contoso.example", i)))
			r.run(2 * time.Minute)
		}
		r.c.Resume()
		r.run(3 * time.Minute)
		r.stop()
		assert.Len(t, r.delivered, 31)
		require.NotEmpty(t, r.alerts)
		assert.Less(t, len(r.alerts), 6, "what came in the pause comes in a few revisions")
		last := r.seenAlerts()[len(r.alerts)-1]
		assert.Contains(t, last, "user00@contoso.example")
		assert.Contains(t, last, "user29@contoso.example")
	})
}
