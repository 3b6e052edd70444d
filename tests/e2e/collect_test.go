// Package e2e tests the plugin from the outside: the library in the test host
// and, where there is one, in Fluent Bit, against the simulator. It needs what
// `make build` makes, and knows nothing of the plugin's packages.
package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/program"
	"office365/tests/simulator"
)

func TestEveryRecordArrivesOnceAndARestartBringsOnlyNews(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, p program.Program) {
		tn := newTenant(t)
		tn.fill(20, 50)
		run := tn.start(p)
		tn.waitFor(tn.offered())
		require.Zero(t, run.Stop())
		tn.requireAllOnce()

		classes := map[any]int{}
		for _, r := range readOutput(t, tn.output()) {
			classes[r["msg_class"]]++
			require.Equal(t, tn.name, r["tenant_name"])
			require.Equal(t, "windows_events", r["index"])
		}
		assert.Equal(t, map[any]int{
			"office365_audit_azureactivedirectory": 1000, "office365_audit_exchange": 1000, "office365_audit_general": 1000,
			"office365_audit_sharepoint": 1000, "office365_dlp_all": 1000,
		}, classes)

		run = tn.start(p)
		tn.sim.AddContent(simulator.AuditSharePoint, 2, 50, time.Now().Add(-time.Hour), time.Now().Add(-time.Minute))
		tn.waitFor(tn.offered())
		require.Zero(t, run.Stop())
		tn.requireAllOnce()
	})
}

func TestTwoTenantsInOneProcessGetTheirOwn(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, p program.Program) {
		tenants := newTenants(t, 2)
		tenants[0].fill(3, 10)
		tenants[1].fill(4, 7)
		run := p.Start(t, conf(tenants), append(tenants[0].secrets(), tenants[1].secrets()...))
		for _, tn := range tenants {
			tn.waitFor(tn.offered())
		}
		require.Zero(t, run.Stop())
		for _, tn := range tenants {
			tn.requireAllOnce()
			for _, r := range readOutput(t, tn.output()) {
				require.Equal(t, tn.name, r["tenant_name"])
			}
		}
	})
}

func TestReloadBringsNothingTwiceAndLosesNothing(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, p program.Program) {
		tn := newTenant(t)
		tn.fill(2, 10)
		run := p.Start(t, conf([]*tenant{tn}, "Hot_Reload", "on"), tn.secrets())
		tn.waitFor(tn.offered())
		for range 3 {
			tn.sim.AddContent(simulator.AuditGeneral, 2, 10, time.Now().Add(-time.Hour), time.Now().Add(-time.Minute))
			run.Signal(syscall.SIGHUP)
			tn.waitFor(tn.offered())
		}
		require.Zero(t, run.Stop())
		tn.requireAllOnce()
	})
}

func TestKilledAndStartedAgainLosesNothing(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, p program.Program) {
		tn := newTenant(t)
		tn.extra = []string{"batch_size", "256K"}
		tn.fill(20, 30)
		for _, after := range []int{1, 500, 1500} {
			run := tn.start(p)
			tn.waitFor(after)
			tn.kill(run)
		}
		run := tn.start(p)
		program.Eventually(t, 90*time.Second, "all records", func() bool {
			seen := map[string]bool{}
			for _, r := range readOutput(t, tn.output()) {
				seen[r.id()] = true
			}
			return len(seen) == tn.offered()
		})
		require.Zero(t, run.Stop())
		tn.requireAll()
	})
}

func TestLogGoesToFluentBitsOwn(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, p program.Program) {
		tn := newTenant(t)
		tn.fill(1, 3)
		logFile := filepath.Join(tn.dir, "fluent-bit.log")
		run := p.Start(t, conf([]*tenant{tn}, "Log_File", logFile), tn.secrets())
		tn.waitFor(tn.offered())
		require.Zero(t, run.Stop())
		text, err := os.ReadFile(logFile)
		require.NoError(t, err)
		ours := 0
		for line := range strings.Lines(string(text)) {
			if strings.Contains(line, "[office365] tenant-0: ") {
				ours++
			}
		}
		assert.GreaterOrEqual(t, ours, 2, "%s", text)
		assert.Contains(t, string(text), "[office365] tenant-0: subscription started",
			"a line of a goroutine goes through the instance's thread")
		assert.NotContains(t, run.Log.String(), "[office365]", "a line went past the log")
		assert.NotContains(t, string(text), tn.secrets()[0])
	})
}

func TestPausedInstanceHandsOverNothingAndGoesOnAfterwards(t *testing.T) {
	t.Parallel()
	p := standIn()
	tn := newTenant(t)
	tn.fill(2, 5)
	run := tn.start(p)
	tn.waitFor(tn.offered())
	run.Ask("pause 0")
	tn.sim.AddContent(simulator.AuditExchange, 3, 10, time.Now().Add(-time.Hour), time.Now().Add(-time.Minute))
	before := lines(tn.output())
	<-time.After(3 * time.Second)
	assert.Equal(t, before, lines(tn.output()))
	run.Ask("resume 0")
	require.Zero(t, run.Stop())
	// The interval has not passed: a restart lists at once.
	run = tn.start(p)
	tn.waitFor(tn.offered())
	require.Zero(t, run.Stop())
	tn.requireAllOnce()
}

func TestWithoutTheArrivalCounterNothingIsLostOrTwice(t *testing.T) {
	t.Parallel()
	p := standIn()
	tn := newTenant(t)
	tn.fill(10, 20)
	run := tn.start(p, "--no-counter")
	tn.waitFor(tn.offered())
	<-time.After(2 * time.Second) // a second of unpaused time commits at exit
	require.Zero(t, run.Stop())
	run = tn.start(p, "--no-counter")
	<-time.After(3 * time.Second)
	require.Zero(t, run.Stop())
	tn.requireAllOnce()
}
