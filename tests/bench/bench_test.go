// Package bench_test measures whole processes: the library in the test host or
// in Fluent Bit, on a simulated tenant that is another process, namely this one.
// `make bench` runs each benchmark once and compares the figures with the targets
// (package summary). A benchmark is one run from the start of a program to its
// end, reported with ReportMetric: the time per operation says nothing.
//
// What runs within one process is measured beside the code.
package bench_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"office365/tests/program"
	"office365/tests/simulator"
)

// scene is one or more simulated tenants behind one port, and the program that
// watches them.
type scene struct {
	b      *testing.B
	sims   []*simulator.Simulator
	server *simulator.Server
	pairs  []string // of each section, in place of the usual ones
	db     bool     // the position is kept in a file
}

// newScene serves the tenants until the benchmark ends.
func newScene(b *testing.B, sims []*simulator.Simulator, pairs ...string) *scene {
	b.Helper()
	return &scene{b: b, sims: sims, server: simulator.NewServer(b, simulator.NewMux(sims...)), pairs: pairs, db: true}
}

// newTenants returns so many tenants without content.
func newTenants(n int, o simulator.Options) []*simulator.Simulator {
	sims := make([]*simulator.Simulator, n)
	for i := range sims {
		o.Now, o.PageSize = time.Now, 200
		o.TenantID = fmt.Sprintf("0aa0aaaa-1111-2222-3333-4444555%05x", i)
		sims[i] = simulator.New(o)
	}
	return sims
}

// conf is the configuration: one input for each tenant, and the output null.
func (s *scene) conf(service ...string) string {
	var text strings.Builder
	text.WriteString(program.Section("SERVICE", append([]string{"Flush", "1", "Grace", "2", "Log_Level", "info"}, service...)...))
	dir := s.b.TempDir()
	for i, sim := range s.sims {
		o := sim.Options()
		pairs := []string{
			"Name", "office365", "Tag", "office365", "tenant_id", o.TenantID, "client_id", o.ClientID, "client_secret", o.ClientSecret,
			"authority", s.server.URL, "api_url", s.server.URL, "ca_file", s.server.CAFile,
			"db", filepath.Join(dir, fmt.Sprintf("%d.db", i)), "start_from", "earliest", "requests_per_minute", "1000000",
		}
		text.WriteString(program.Section("INPUT", replaced(pairs, s.pairs)...))
	}
	text.WriteString(program.Section("OUTPUT", "Name", "null", "Match", "*"))
	return text.String()
}

// replaced is pairs with others in place of those that have the same keys.
func replaced(pairs, others []string) []string {
	for i := 0; i < len(others); i += 2 {
		if k := slices.Index(pairs, others[i]); k >= 0 {
			pairs[k+1] = others[i+1]
			continue
		}
		pairs = append(pairs, others[i], others[i+1])
	}
	return pairs
}

// run is a program at work.
type run struct {
	*program.Process

	b       *testing.B
	input   string // its first instance, by Fluent Bit's name
	address string // of Fluent Bit's HTTP server; "" in the test host
	begun   time.Time
}

func (s *scene) start(p program.Program) *run {
	s.b.Helper()
	return start(s.b, p, "office365.0", s.conf)
}

// start runs a program with the configuration that conf makes of further keys of
// its service section.
func start(b *testing.B, p program.Program, input string, conf func(service ...string) string) *run {
	b.Helper()
	r := &run{b: b, input: input}
	var service []string
	if p != program.Host() {
		r.address = freeAddress(b)
		host, port, err := net.SplitHostPort(r.address)
		require.NoError(b, err)
		service = []string{"HTTP_Server", "on", "HTTP_Listen", host, "HTTP_Port", port}
	}
	text := conf(service...)
	r.begun = time.Now()
	r.Process = p.Start(b, text, nil)
	profile(b, r.Process)
	return r
}

func freeAddress(b *testing.B) string {
	b.Helper()
	l, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	require.NoError(b, err)
	require.NoError(b, l.Close())
	return l.Addr().String()
}

// records are those that have arrived in the program so far. Fluent Bit counts
// them afresh every second.
func (r *run) records() int {
	if r.address == "" {
		return r.Counts(r.input)["records"]
	}
	request, err := http.NewRequestWithContext(r.b.Context(), http.MethodGet, "http://"+r.address+"/api/v1/metrics", http.NoBody)
	require.NoError(r.b, err)
	answer, err := http.DefaultClient.Do(request) //nolint:forbidigo // Fluent Bit on loopback
	if err != nil {
		return 0 // it has not begun to listen
	}
	defer func() { _ = answer.Body.Close() }() // read to its end
	text, err := io.ReadAll(answer.Body)
	require.NoError(r.b, err)
	var metrics struct {
		Input map[string]struct{ Records int } `json:"input"`
	}
	if json.Unmarshal(text, &metrics) != nil {
		return 0 // it has nothing to tell yet
	}
	return metrics.Input[r.input].Records
}

// await waits until so many records have arrived.
func (r *run) await(records int, limit time.Duration) {
	r.b.Helper()
	arrived := program.HoldsWithin(limit, func() bool { return r.records() >= records })
	require.True(r.b, arrived, "of %d records %d have arrived", records, r.records())
}

// end stops the program, which must have run well.
func (r *run) end() {
	r.b.Helper()
	require.Zero(r.b, r.Stop(), "%s", r.Log.String())
}

// megabytes of 2^20 bytes.
func megabytes(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// fluentBit is the real one; without it the benchmark is skipped, and its
// figures count as not measured.
func fluentBit(b *testing.B) program.Program {
	b.Helper()
	p, ok := program.FluentBit()
	if !ok {
		b.Skip("there is no Fluent Bit")
	}
	return p
}

func TestMain(m *testing.M) {
	if err := program.Check(os.Stdout, "bench"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := describeMachine(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
