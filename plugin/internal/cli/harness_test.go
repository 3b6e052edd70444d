package cli

import (
	"bytes"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"office365/tests/simulator"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// environment is a process whose output is kept.
type environment struct {
	Environment
	out, err  *bytes.Buffer
	variables map[string]string
}

func newEnvironment() *environment {
	e := &environment{out: new(bytes.Buffer), err: new(bytes.Buffer), variables: map[string]string{}}
	e.Environment = Environment{
		Stdin: strings.NewReader(""), Stdout: e.out, Stderr: e.err,
		Getenv: func(name string) string { return e.variables[name] }, Now: time.Now, Dir: "/",
	}
	return e
}

func (e *environment) run(args ...string) (code int, stdout, stderr string) {
	e.out.Reset()
	e.err.Reset()
	code = Main(args, e.Environment)
	return code, e.out.String(), e.err.String()
}

func call(args ...string) (code int, stdout, stderr string) { return newEnvironment().run(args...) }

// scene is a simulated tenant and a configuration that watches it.
type scene struct {
	*environment
	t      *testing.T
	sim    *simulator.Simulator
	server *simulator.Server
	dir    string
	pairs  map[string]string // of the input
	output map[string]string
	other  string // further sections
	file   string // once written
}

// newScene returns a tenant with some content and every subscription, and the
// best of configurations.
func newScene(t *testing.T, change ...func(*simulator.Options)) *scene {
	t.Helper()
	options := simulator.Options{Now: time.Now, Seed: 1}
	for _, f := range change {
		f(&options)
	}
	s := &scene{environment: newEnvironment(), t: t, sim: simulator.New(options), dir: t.TempDir()}
	s.server = simulator.NewServer(t, s.sim)
	s.sim.Start(simulator.ContentTypes()...)
	for _, ct := range simulator.ContentTypes() {
		s.sim.AddContent(ct, 2, 3, time.Now().Add(-30*time.Minute), time.Now().Add(-20*time.Minute))
	}
	o := s.sim.Options()
	s.variables["SECRET"] = o.ClientSecret
	s.pairs = map[string]string{
		"Name": "office365", "Tag": "o365", "storage.type": "filesystem", "tenant_name": "contoso",
		"tenant_id": o.TenantID, "client_id": o.ClientID, "client_secret": "${SECRET}",
		"authority": s.server.URL, "api_url": s.server.URL, "ca_file": s.server.CAFile,
		"db": filepath.Join(s.dir, "office365.db"),
	}
	s.output = map[string]string{"Name": "stdout", "Match": "o365", "Retry_Limit": "no_limits"}
	return s
}

// write writes the configuration in the classic syntax, and returns its path.
func (s *scene) write() string {
	s.t.Helper()
	text := "[SERVICE]\n    storage.path " + s.dir + "/storage\n" + s.other + section("INPUT", s.pairs) + section("OUTPUT", s.output)
	return s.writeFile("fluent-bit.conf", text)
}

func (s *scene) writeFile(name, text string) string {
	s.t.Helper()
	s.file = filepath.Join(s.dir, name)
	require.NoError(s.t, os.WriteFile(s.file, []byte(text), 0o600))
	return s.file
}

func section(kind string, pairs map[string]string) string {
	var text strings.Builder
	text.WriteString("[" + kind + "]\n")
	for _, key := range slices.Sorted(maps.Keys(pairs)) {
		text.WriteString("    " + key + " " + pairs[key] + "\n")
	}
	return text.String()
}

var normal = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "HOST:PORT"},
	{regexp.MustCompile(`[ \d]{4}\d ms`), "    N ms"},
	{regexp.MustCompile(`"ms": \d+`), `"ms": 0`},
	{regexp.MustCompile(`the newest \S+ ago`), "the newest AGO ago"},
	{regexp.MustCompile(`(\d+h)?\d+m\d+s (ahead of|behind)`), "SPAN $2"},
	{regexp.MustCompile(`[0-9A-F]{40}`), "THUMBPRINT"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|\d{4}-\d\d-\d\d`), "TIME"},
}

// normalized takes out of a text what differs from run to run.
func (s *scene) normalized(text string) string {
	text = strings.ReplaceAll(text, filepath.Dir(s.server.CAFile), "CADIR")
	text = strings.ReplaceAll(text, s.dir, "DIR")
	for _, n := range normal {
		text = n.pattern.ReplaceAllString(text, n.with)
	}
	return text
}

// golden compares a text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run with -update")
	assert.Equal(t, string(want), got)
}

// noSecrets checks that a text holds none of the tenant's.
func (s *scene) noSecrets(text string) {
	s.t.Helper()
	assert.NotContains(s.t, text, simulator.DefaultClientSecret)
	assert.NotContains(s.t, text, "eyJ")
	if secret := s.variables["SECRET"]; secret != "" {
		assert.NotContains(s.t, text, secret)
	}
}
