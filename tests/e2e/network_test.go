package e2e_test

import (
	"bufio"
	"context"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/program"
	"office365/tests/simulator"
)

// proxyProgram is what `make build` makes of tests/simulator/cmd/o365proxy.
const proxyProgram = "../../bin/o365proxy"

// office is a name that only the proxy can look up.
const office = "office.contoso.example"

// proxy is a running proxy that leads to a tenant, whatever name is asked for.
type proxy struct {
	address string // host:port
	log     *program.Log
}

const proxyPassword = "s3cret/of@the:proxy"

func startProxy(t *testing.T, to *simulator.Server, args ...string) *proxy {
	t.Helper()
	args = append([]string{"--to", strings.TrimPrefix(to.URL, "https://")}, args...)
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), proxyProgram, args...)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	x := &proxy{log: &program.Log{}}
	ready, ended := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if address, ok := strings.CutPrefix(lines.Text(), "ready http://"); ok {
				ready <- address
				continue
			}
			_, _ = x.log.Write(append(lines.Bytes(), '\n')) // takes all
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		<-ended
		_ = cmd.Wait() // killed
	})
	select {
	case x.address = <-ready:
	case <-time.After(20 * time.Second):
		require.FailNow(t, "the proxy does not start")
	}
	return x
}

// url names the proxy with a user of it.
func (x *proxy) url(password string) string {
	return "http://joe:" + strings.NewReplacer("/", "%2F", "@", "%40", ":", "%3A").Replace(password) + "@" + x.address
}

// requireOnly checks that these targets were asked for, and all with this status.
func (x *proxy) requireOnly(t *testing.T, status string, targets ...string) {
	t.Helper()
	seen := map[string]bool{}
	for line := range strings.Lines(x.log.String()) {
		words := strings.Fields(line)
		require.Len(t, words, 3, line)
		assert.Equal(t, "CONNECT", words[0], line)
		assert.Equal(t, status, words[2], line)
		seen[words[1]] = true
	}
	want := map[string]bool{}
	for _, target := range targets {
		want[target] = true
	}
	assert.Equal(t, want, seen)
}

// behindProxy returns a tenant at the name that only a proxy knows, and the proxy.
func behindProxy(t *testing.T) (*tenant, *proxy) {
	t.Helper()
	tn := newTenant(t)
	tn.server = simulator.NewServerWith(t, simulator.ServerOptions{Handler: tn.sim, Names: []string{office}})
	tn.extra = []string{"authority", "https://" + office, "api_url", "https://" + office}
	return tn, startProxy(t, tn.server, "--user", "joe", "--password", proxyPassword)
}

func TestEverythingGoesThroughTheProxyOfTheSettings(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, p program.Program) {
		tn, x := behindProxy(t)
		tn.extra = append(tn.extra, "proxy", x.url(proxyPassword))
		tn.fill(2, 10)
		run := p.StartWith(t, []string{"NO_PROXY=*"}, conf([]*tenant{tn}), append(tn.secrets(), proxyPassword, "s3cret%2F"))
		tn.waitFor(tn.offered())
		require.Zero(t, run.Stop())
		tn.requireAllOnce()
		x.requireOnly(t, "200", office+":443")
		for _, r := range tn.sim.Requests() {
			assert.Equal(t, "HTTP/2.0", r.Proto, "where it is offered")
		}
	})
}

func TestTheEnvironmentSaysWhatGoesThroughAProxy(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, p program.Program) {
		tn, x := behindProxy(t)
		tn.extra = []string{"authority", "https://" + office} // the API itself is on this machine: past the proxy
		tn.sim.Change(func(o *simulator.Options) { o.Audiences = []string{tn.server.URL} })
		tn.fill(2, 10)
		run := p.StartWith(t, []string{"HTTPS_PROXY=" + x.url(proxyPassword), "NO_PROXY=.example.org"},
			conf([]*tenant{tn}), append(tn.secrets(), proxyPassword, "s3cret%2F"))
		tn.waitFor(tn.offered())
		require.Zero(t, run.Stop())
		tn.requireAllOnce()
		x.requireOnly(t, "200", office+":443")
	})
}

func TestWhatNoProxyNamesGoesPastTheProxy(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, p program.Program) {
		tn, x := behindProxy(t)
		run := p.StartWith(t, []string{"HTTPS_PROXY=" + x.url(proxyPassword), "NO_PROXY=.contoso.example"},
			conf([]*tenant{tn}), append(tn.secrets(), proxyPassword, "s3cret%2F"))
		program.Eventually(t, time.Minute, "a line about the name", func() bool { return strings.Contains(run.Log.String(), "lookup "+office) })
		require.Zero(t, run.Stop())
		assert.Contains(t, run.Log.String(), "check the name servers of this machine")
		assert.Empty(t, x.log.String())
	})
}

func TestAPasswordThatTheProxyRefusesIsOneClearLine(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, p program.Program) {
		tn, x := behindProxy(t)
		tn.extra = append(tn.extra, "proxy", x.url("s3cret~of.yesterday"))
		run := p.Start(t, conf([]*tenant{tn}), append(tn.secrets(), proxyPassword, "s3cret~of.yesterday"))
		const sentence = "the proxy answers 407 Proxy Authentication Required"
		program.Eventually(t, time.Minute, "a line about the password", func() bool { return strings.Contains(run.Log.String(), sentence) })
		require.Zero(t, run.Stop())
		assert.Equal(t, 1, strings.Count(run.Log.String(), sentence))
		assert.Contains(t, run.Log.String(), "put the user and password that the proxy wants into proxy")
		x.requireOnly(t, "407", office+":443")
		assert.Empty(t, tn.sim.Requests())
	})
}

func TestATenantIsReachedOverIPv6(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp6", "[::1]:0")
	if err != nil {
		t.Skip("this machine has no IPv6 loopback:", err)
	}
	require.NoError(t, l.Close())
	onEach(t, func(t *testing.T, p program.Program) {
		tn := newTenant(t)
		tn.server = simulator.NewServerWith(t, simulator.ServerOptions{Handler: tn.sim, Listen: "[::1]:0"})
		require.True(t, strings.HasPrefix(tn.server.URL, "https://[::1]:"))
		tn.fill(2, 10)
		run := tn.start(p)
		tn.waitFor(tn.offered())
		require.Zero(t, run.Stop())
		tn.requireAllOnce()
	})
}
