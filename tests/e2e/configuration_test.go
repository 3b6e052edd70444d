package e2e_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/program"
	"office365/tests/simulator"
)

// refused is the status of a program whose plugin refuses its configuration.
const refused = 255

func TestWrongConfigurationIsOneMessageThatNamesAllOfIt(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, p program.Program) {
		text := program.Section("SERVICE", "Flush", "1") +
			program.Section("INPUT", "Name", "office365", "tenant_id", "contoso.example", "plan", "us", "timeout", "soon",
				"interval", "300", "client_secret", "s3cret~of.nobody", "certificate_file", "/etc/o365.pem") +
			program.Section("OUTPUT", "Name", "null", "Match", "*")
		run := p.Start(t, text, []string{"s3cret~of.nobody"})
		assert.Equal(t, refused, run.Wait(20*time.Second))
		message := ""
		for line := range strings.Lines(run.Log.String()) {
			if strings.Contains(line, "[office365]") && strings.Contains(line, "error") {
				require.Empty(t, message, "more than one message: %s", line)
				message = line
			}
		}
		for _, part := range []string{
			`tenant_id "contoso.example"`, "client_id is missing", `plan "us"`, `timeout "soon"`, "interval 300",
			"client_secret and certificate_file are both set; keep one",
		} {
			assert.Contains(t, message, part)
		}
	})
}

func TestTwoSectionsWithOneFileAreBothNamed(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, p program.Program) {
		tenants := newTenants(t, 2)
		tenants[1].extra = []string{"db", tenants[0].db()}
		run := p.Start(t, conf(tenants), tenants[0].secrets())
		status := run.Wait(20 * time.Second)
		if p == standIn() {
			assert.Equal(t, refused, status)
		}
		// Fluent Bit 5.1.1 gives up with 255 as well, but dies of SIGSEGV in one
		// of five runs while it takes down the instance that is already up.
		assert.NotZero(t, status)
		assert.Contains(t, run.Log.String(), "office365.0 and office365.1")
		assert.Contains(t, run.Log.String(), tenants[0].db())
	})
}

func TestTheFileOfAnotherProcessIsNamedWithinASecondAndTakenWhenItIsFree(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, p program.Program) {
		tn := newTenant(t)
		first := tn.start(p)
		program.Eventually(t, 30*time.Second, "the first", func() bool { return len(tn.sim.Requests(simulator.RouteContentList)) > 0 })
		<-time.After(2 * time.Second) // it has asked for all and waits for its interval
		tn.sim.ForgetRequests()

		other := *tn
		other.name = "other" // another output; the same db
		other.extra = []string{"db", tn.db(), "storage.type", "memory"}
		started := time.Now()
		second := p.Start(t, program.Section("SERVICE", "Flush", "0.2", "Grace", "1")+other.input()+other.outputSection(), tn.secrets())
		waitForLine(t, second, "another process has the state file open: nothing is collected until it is free")
		assert.Less(t, time.Since(started), 2*time.Second, "a second, and the start of the program")
		assert.Contains(t, second.Log.String(), tn.db())
		tn.sim.AddContent(simulator.AuditExchange, 2, 10, time.Now().Add(-time.Hour), time.Now().Add(-time.Minute))
		<-time.After(3 * time.Second)
		assert.Empty(t, tn.sim.Requests(), "the second asks for nothing")
		require.Zero(t, first.Stop())
		other.waitFor(tn.offered())
		require.Zero(t, second.Stop())
		other.requireAllOnce()
	})
}

func TestWrongSecretIsOneLineAndTheOtherInputGoesOn(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, p program.Program) {
		tenants := newTenants(t, 2)
		tenants[0].extra = []string{"client_secret", "s3cret~of.nobody"}
		tenants[1].fill(2, 10)
		run := p.Start(t, conf(tenants), append(tenants[1].secrets(), "s3cret~of.nobody"))
		tenants[1].waitFor(tenants[1].offered())
		<-time.After(3 * time.Second)
		require.Zero(t, run.Stop())
		tenants[1].requireAllOnce()
		assert.Equal(t, 1, strings.Count(run.Log.String(), "AADSTS7000215"), "one clear line")
	})
}
