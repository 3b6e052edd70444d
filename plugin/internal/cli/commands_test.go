package cli

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/normalize"
	"office365/plugin/internal/ledger"
	"office365/plugin/internal/state"
	"office365/tests/simulator"
)

func TestDryRunPrintsTheRecordsOfTheLastHour(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.sim.AddContent(simulator.AuditExchange, 1, 5, time.Now().Add(-3*time.Hour), time.Now().Add(-2*time.Hour))
	file := s.write()

	code, stdout, stderr := s.run("dry-run", "-c", file)
	assert.Equal(t, exitDone, code)
	assert.Empty(t, stderr)
	assert.Len(t, records(t, stdout), 5*2*3) // types, contents, records
	assert.Empty(t, s.sim.Requests(simulator.RouteStart, simulator.RouteStop))
	assert.NoFileExists(t, s.pairs["db"])

	_, stdout, _ = s.run("dry-run", "-c", file, "--since", "30h")
	got := records(t, stdout)
	assert.Len(t, got, 5*2*3+5)
	assert.Equal(t, "contoso", got[0]["tenant_name"])
	assert.NotEmpty(t, got[0]["msg_class"])
}

func records(t *testing.T, lines string) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range strings.Lines(lines) {
		var record map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &record))
		all = append(all, record)
	}
	return all
}

func TestDryRunGoesOnAfterWhatFails(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.sim.Inject(simulator.MustFault("af429").On(simulator.RouteContentList).For(simulator.AuditExchange))
	s.sim.Inject(simulator.MustFault("gone").For(simulator.AuditGeneral).Count(1))
	code, stdout, stderr := s.run("dry-run", "-c", s.write())
	assert.Equal(t, exitWrong, code)
	assert.Len(t, records(t, stdout), 3*2*3+3)
	assert.Contains(t, stderr, "list Audit.Exchange: 403 AF429")
	assert.Contains(t, stderr, "lower requests_per_minute")
	assert.Contains(t, stderr, "content Audit.General")
	s.noSecrets(stderr)
}

func TestDryRunSaysHowToStartASubscription(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.freshTenant()
	code, stdout, stderr := s.run("dry-run", "-c", s.write())
	assert.Equal(t, exitWrong, code)
	assert.Empty(t, stdout)
	assert.Contains(t, stderr, "AF20022: No subscription found for the specified content type; start it with in_office365 subscriptions start")
}

func TestDryRunEndsWhenNobodyReadsAnyMore(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.sim.AddContent(simulator.AuditAzureActiveDirectory, 1, 500, time.Now().Add(-time.Minute), time.Now().Add(-30*time.Second))
	s.Stdout = closed{}
	code, _, stderr := s.run("dry-run", "-c", s.write())
	assert.Equal(t, exitWrong, code)
	assert.Contains(t, stderr, "broken pipe")
	assert.Len(t, s.sim.Requests(simulator.RouteContentList), 1)
}

func TestDryRunRefusesWhatTheAPIDoesNotList(t *testing.T) {
	t.Parallel()
	for _, since := range []string{"0s", "-1h", "200h", "1"} {
		code, _, stderr := call("dry-run", "-c", "/x.conf", "--since", since)
		assert.Equal(t, exitUsage, code, since)
		assert.Contains(t, stderr, "since")
	}
}

func TestSubscriptionsAreListedStartedAndStopped(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.freshTenant()
	s.pairs["content_types"] = "DLP.All Audit.General"
	file := s.write()
	list := func() string {
		code, stdout, stderr := s.run("subscriptions", "list", "-c", file)
		assert.Equal(t, exitDone, code)
		assert.Empty(t, stderr)
		return stdout
	}
	assert.Contains(t, list(), "DLP.All                     none          none     yes")

	code, stdout, _ := s.run("subscriptions", "start", "-c", file)
	assert.Equal(t, exitDone, code)
	assert.Equal(t, "Audit.General started\nDLP.All started\n", sorted(stdout))
	assert.Contains(t, list(), "Audit.Exchange              none          none     no")
	assert.Contains(t, list(), "Audit.General               enabled       none     yes")

	code, stdout, _ = s.run("subscriptions", "stop", "-c", file, "dlp.all")
	assert.Equal(t, exitDone, code)
	assert.Equal(t, "DLP.All stopped\n", stdout)
	assert.Contains(t, list(), "DLP.All                     disabled      none     yes")

	code, stdout, stderr := s.run("subscriptions", "start", "-c", file, "DLP.All", "Audit.Exchange")
	assert.Equal(t, exitWrong, code)
	assert.Equal(t, "Audit.Exchange started\n", stdout, "one that fails does not stop the other")
	assert.Contains(t, stderr, "start DLP.All: 403 429")
}

func sorted(lines string) string {
	all := strings.Split(strings.TrimSpace(lines), "\n")
	if len(all) == 2 && all[0] > all[1] {
		all[0], all[1] = all[1], all[0]
	}
	return strings.Join(all, "\n") + "\n"
}

func TestWrongArgumentsAreErrorsOfUsage(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	file := s.writeTwoInputs()
	for name, args := range map[string][]string{
		`"Audit.Mail" is no content type`:         {"subscriptions", "start", "-c", file, "--input", "second", "Audit.Mail"},
		"requires at least 1 arg(s)":              {"subscriptions", "stop", "-c", file},
		"there are several inputs; name one":      {"subscriptions", "list", "-c", file},
		"there is no input x; there are office36": {"state", "show", "-c", file, "--input", "x"},
		"accepts 1 arg(s), received 0":            {"state", "forget", "-c", file},
		`unknown command "now"`:                   {"health", "-c", file, "now"},
	} {
		code, stdout, stderr := s.run(args...)
		assert.Equal(t, exitUsage, code, name)
		assert.Empty(t, stdout)
		assert.Contains(t, stderr, name)
		assert.Contains(t, stderr, "--help")
		assert.NotContains(t, stderr, "Usage:", "the error would scroll away")
	}
}

func TestAConfigurationThatIsWrongNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.pairs["interval"] = "5"
	code, _, stderr := s.run("dry-run", "-c", s.write())
	assert.Equal(t, exitWrong, code)
	assert.Contains(t, stderr, "interval 5 has no unit; write 5s for seconds or 5m for minutes\n(in_office365 check -c ")
}

// saveState writes a state file as a collector would.
func (s *scene) saveState() *state.File {
	s.t.Helper()
	f, _, err := state.Open(state.Options{Path: s.pairs["db"], Tenant: s.sim.Options().TenantID, Now: time.Now()})
	require.NoError(s.t, err)
	now := time.Now().UTC().Truncate(time.Second)
	origin := now.Add(-24 * time.Hour)
	change := ledger.Change{
		Origin:  origin,
		Covered: ledger.Spans{{From: origin, To: now.Add(-2*time.Hour - 30*time.Minute)}},
		Known: []ledger.Content{
			{ID: "waits", Created: now.Add(-time.Hour)},
			{ID: "poison", Created: now.Add(-time.Hour), Expires: now.Add(time.Hour), Attempts: 9, Quarantined: true},
		},
	}
	changes := map[normalize.ContentType]ledger.Change{}
	for _, ct := range normalize.ContentTypes() {
		changes[ct] = change
	}
	require.NoError(s.t, f.Apply(state.Tx{Changes: changes}))
	return f
}

func TestStateIsShownAlsoWhileFluentBitRuns(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	file := s.write()
	code, _, stderr := s.run("state", "show", "-c", file)
	assert.Equal(t, exitWrong, code)
	assert.Contains(t, stderr, "no such file")

	f := s.saveState()
	code, stdout, stderr := s.run("state", "show", "-c", file)
	assert.Equal(t, exitDone, code)
	assert.Empty(t, stderr)
	assert.Contains(t, stdout, "in use by a running Fluent Bit")
	assert.Contains(t, stdout, "quarantined DLP.All poison: 9 attempts")
	assert.Regexp(t, `Audit\.Exchange +\S+Z +\S+Z +1 +1\n`, stdout)

	code, stdout, _ = s.run("check", "-c", file)
	assert.Equal(t, exitDone, code)
	assert.Contains(t, stdout, "version 1, 0.1 MB, in use by a running Fluent Bit")

	code, _, stderr = s.run("state", "forget", "-c", file, "Audit.Exchange")
	assert.Equal(t, exitWrong, code)
	assert.Contains(t, stderr, "is in use: stop Fluent Bit first")
	require.NoError(t, f.Close())

	code, stdout, _ = s.run("state", "forget", "-c", file, "audit.exchange")
	assert.Equal(t, exitDone, code)
	assert.Equal(t, "Audit.Exchange is forgotten: the next start collects it from start_from now\n", stdout)
	_, stdout, _ = s.run("state", "show", "-c", file)
	assert.Regexp(t, `Audit\.Exchange +- +- +- +-\n`, stdout)
	assert.Contains(t, stdout, "not in use")
}

func TestCheckFindsTheFileOfAnotherTenantOrTooOldAPosition(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	require.NoError(t, s.saveState().Close())
	require.NoError(t, os.Chmod(s.pairs["db"], 0o644))
	file := s.write()
	code, stdout, _ := s.run("check", "-c", file)
	assert.Equal(t, exitDone, code)
	assert.Contains(t, stdout, "can be read by others (mode 0644)")

	s.Now = func() time.Time { return time.Now().Add(8 * 24 * time.Hour) }
	_, stdout, _ = s.run("check", "-c", file)
	assert.Contains(t, stdout, "more than the 7 days ago that the API keeps")

	s.Now = time.Now
	s.pairs["tenant_id"] = otherGUID
	code, stdout, _ = s.run("check", "-c", s.write())
	assert.Equal(t, exitWrong, code)
	assert.Contains(t, stdout, "belongs to the tenant "+s.sim.Options().TenantID+" and not to "+otherGUID)
}

// fluentBit answers as Fluent Bit's own HTTP server.
func fluentBit(t *testing.T, path string, status int) (port string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != path {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "said\n")
	}))
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	require.NoError(t, err)
	return port
}

func TestHealthGoesByFluentBitsServerAndTheLockOfTheStateFile(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	file := s.write()
	health := func(want int, text string, args ...string) {
		t.Helper()
		code, stdout, stderr := s.run(append([]string{"health", "-c", file}, args...)...)
		assert.Equal(t, want, code, stdout+stderr)
		assert.Contains(t, stdout+stderr, text)
	}
	health(exitWrong, "no such file")
	f := s.saveState()
	health(exitDone, "office365.0 is running\n")
	health(exitDone, "office365.0 is running\n", "--max-age", "1h")
	health(exitWrong, "was last listed completely 30m", "--max-age", "10m")
	require.NoError(t, f.Close())
	health(exitWrong, "no running Fluent Bit has the state file")

	f = s.saveState()
	server := func(path string, status int, more string) {
		s.other = "    http_server on\n    http_port " + fluentBit(t, path, status) + "\n" + more
		s.write()
	}
	server("/api/v1/uptime", http.StatusOK, "")
	health(exitDone, "Fluent Bit answers; office365.0 is running\n")
	server("/api/v1/health", http.StatusOK, "    health_check on\n")
	health(exitDone, "Fluent Bit answers")
	server("/api/v1/health", http.StatusInternalServerError, "    health_check on\n")
	health(exitWrong, `Fluent Bit answers 500 Internal Server Error at http://127.0.0.1:`)
	_, port, err := net.SplitHostPort(closedPort(t))
	require.NoError(t, err)
	s.other = "    http_server on\n    http_port " + port + "\n"
	s.write()
	health(exitWrong, "Fluent Bit does not answer at")
	require.NoError(t, f.Close())

	delete(s.pairs, "db")
	s.other = ""
	s.write()
	health(exitWrong, "there is nothing to go by")
}

func TestCompletionIsOffered(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := call("completion", "bash")
	assert.Equal(t, exitDone, code)
	assert.Contains(t, stdout, "in_office365")
	assert.Empty(t, stderr)
}
