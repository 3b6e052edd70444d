package e2e_test

import (
	"bytes"
	"errors"
	"fmt"
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

// tenant is a simulated tenant, the section that watches it, and the file that
// its records end up in.
type tenant struct {
	t      *testing.T
	sim    *simulator.Simulator
	server *simulator.Server
	name   string // also the tag
	dir    string
	extra  []string // further pairs of the section, in place of the usual ones; the last of a key wins
}

// newTenants returns so many tenants behind one port.
func newTenants(t *testing.T, n int) []*tenant {
	t.Helper()
	return newTenantsBehind(t, n, simulator.NewServer)
}

// newTenantsBehind is newTenants with a choice of server.
func newTenantsBehind(t *testing.T, n int, serve func(simulator.TB, http.Handler) *simulator.Server) []*tenant {
	t.Helper()
	mux := &simulator.Mux{}
	dir := t.TempDir()
	tenants := make([]*tenant, n)
	for i := range tenants {
		sim := simulator.New(simulator.Options{
			TenantID:     fmt.Sprintf("0aa0aaaa-1111-2222-3333-44445555666%d", i),
			ClientID:     fmt.Sprintf("11111111-2222-3333-4444-55555555555%d", i),
			ClientSecret: fmt.Sprintf("s3cret~of.tenant-%d", i),
			Domain:       fmt.Sprintf("tenant%d.example", i),
			Now:          time.Now, Seed: uint64(i + 1), PageSize: 7, Order: simulator.Shuffled,
		})
		tenants[i] = &tenant{t: t, sim: sim, name: fmt.Sprintf("tenant-%d", i), dir: dir}
		mux.Add(tenants[i].sim)
	}
	server := serve(t, mux)
	for _, tn := range tenants {
		tn.server = server
	}
	return tenants
}

func newTenant(t *testing.T) *tenant {
	t.Helper()
	return newTenants(t, 1)[0]
}

func (tn *tenant) output() string { return filepath.Join(tn.dir, tn.name+".jsonl") }
func (tn *tenant) db() string     { return filepath.Join(tn.dir, tn.name+".db") }

// input is the tenant's section, with its extra pairs in place of the usual ones.
func (tn *tenant) input() string {
	o := tn.sim.Options()
	pairs := []string{
		"Tag", tn.name, "storage.type", "filesystem",
		"tenant_id", o.TenantID, "client_id", o.ClientID, "client_secret", o.ClientSecret,
		"tenant_name", tn.name, "authority", tn.server.URL, "api_url", tn.server.URL, "ca_file", tn.server.CAFile,
		"db", tn.db(), "start_from", "24h", "requests_per_minute", "100000",
	}
	for i := 0; i < len(tn.extra); i += 2 {
		if k := slices.Index(pairs, tn.extra[i]); k >= 0 {
			pairs[k+1] = tn.extra[i+1]
			continue
		}
		pairs = append(pairs, tn.extra[i], tn.extra[i+1])
	}
	return program.Section("INPUT", append([]string{"Name", "office365"}, pairs...)...)
}

func (tn *tenant) outputSection() string {
	return program.Section("OUTPUT", "Name", "file", "Match", tn.name,
		"Path", tn.dir, "File", filepath.Base(tn.output()), "Format", "plain", "Retry_Limit", "no_limits")
}

// conf is a whole configuration for the tenants, which share a folder.
func conf(tenants []*tenant, service ...string) string {
	var text strings.Builder
	text.WriteString(program.Section("SERVICE", append([]string{
		"Flush", "0.2", "Grace", "2", "Log_Level", "info",
		"storage.path", filepath.Join(tenants[0].dir, "storage"), "storage.sync", "full",
	}, service...)...))
	for _, tn := range tenants {
		text.WriteString(tn.input() + tn.outputSection())
	}
	return text.String()
}

func (tn *tenant) start(p program.Program, args ...string) *process {
	tn.t.Helper()
	return p.Start(tn.t, conf([]*tenant{tn}), tn.secrets(), args...)
}

// kill ends a program as a crash would. The line that the program was writing
// then is taken out of the output: its chunk is on disk and is written again
// whole by the next start, and would otherwise begin in the middle of that line.
func (tn *tenant) kill(run *process) {
	tn.t.Helper()
	run.Kill()
	tn.mendOutput()
}

// mendOutput takes the line out of the output that a killed program was writing.
func (tn *tenant) mendOutput() {
	tn.t.Helper()
	text, err := os.ReadFile(tn.output())
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	require.NoError(tn.t, err)
	require.NoError(tn.t, os.Truncate(tn.output(), int64(bytes.LastIndexByte(text, '\n')+1)))
}

func (tn *tenant) secrets() []string { return []string{tn.sim.Options().ClientSecret} }

// fill adds content of all types, made during the last 20 hours.
func (tn *tenant) fill(blobs, records int) {
	for _, ct := range simulator.ContentTypes() {
		tn.sim.AddContent(ct, blobs, records, time.Now().Add(-20*time.Hour), time.Now().Add(-time.Minute))
	}
}

func (tn *tenant) offered() int { return len(tn.sim.Offered()) }

// waitFor waits until so many records have arrived.
func (tn *tenant) waitFor(records int) {
	tn.t.Helper()
	program.Eventually(tn.t, 90*time.Second, fmt.Sprintf("%d records in %s", records, tn.output()),
		func() bool { return lines(tn.output()) >= records })
}

// requireAllOnce checks that every record offered is in the output, none twice.
func (tn *tenant) requireAllOnce() {
	tn.t.Helper()
	got := tn.requireAll()
	require.Len(tn.t, got, tn.offered(), "records came twice")
}

// requireAll checks that every record offered is in the output, and returns the
// Ids there.
func (tn *tenant) requireAll() []string {
	tn.t.Helper()
	records := readOutput(tn.t, tn.output())
	ids := make([]string, 0, len(records))
	seen := map[string]bool{}
	for _, r := range records {
		ids = append(ids, r.id())
		seen[r.id()] = true
	}
	missing := 0
	for _, id := range tn.sim.Offered() {
		if !seen[id] {
			missing++
		}
	}
	require.Zero(tn.t, missing, "records missing of %d offered", tn.offered())
	return ids
}
