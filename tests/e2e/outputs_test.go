package e2e_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/program"
	"office365/tests/simulator"
)

// The examples in both formats that send alerts and events to an output each.
var routedExamples = []string{"file.yaml", "file.conf"}

func TestTheExamplesSendAnAlertWithBothItsEntitiesToAnOutputOfItsOwn(t *testing.T) {
	t.Parallel()
	p := fluentBit(t)
	for _, name := range routedExamples {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tn := newTenant(t)
			tn.fill(1, 10)
			events := filepath.Join(tn.dir, "lake", "events.jsonl")
			run := tn.startText(p, name, tn.example(name))

			a := family("a-1")
			tn.offer(a.entity("e-1", "alice@contoso.example"))
			program.Eventually(t, time.Minute, "the first entity", func() bool { return lines(events) >= tn.offered() })
			tn.offer(a.entity("e-2", "bob@contoso.example"))
			tn.offer(a.trigger())
			program.Eventually(t, time.Minute, "the alert", func() bool { return a.entities(tn.lake("alerts.jsonl")) == 2 })
			program.Eventually(t, time.Minute, "all events", func() bool { return lines(events) >= tn.offered() })
			require.Zero(t, run.Stop())

			alert := a.last(tn.lake("alerts.jsonl"))
			assert.Equal(t, "t-1", alert["Id"])
			assert.Equal(t, "AlertTriggered", alert["Operation"])
			summary, _ := alert["event_summary"].(map[string]any)
			assert.Equal(t, []any{"alice@contoso.example", "bob@contoso.example"}, summary["AlertEntityId"])
			assert.Equal(t, []any{"User", "User"}, summary["EntityType"])
			requireIndex(t, "alerts", tn.lake("alerts.jsonl"))
			got := tn.lake("events.jsonl")
			requireIndex(t, "windows_events", got)
			assert.Zero(t, len(got)-tn.offered(), "records came twice")
			assert.Zero(t, missing(got, tn.sim.Offered()))
		})
	}
}

// TestWhatTheExamplesStoreFindsItsOutputAfterAKill has nothing but the chunks on
// disk to bring records after the kill: no token is given out any more.
func TestWhatTheExamplesStoreFindsItsOutputAfterAKill(t *testing.T) {
	t.Parallel()
	p := fluentBit(t)
	for _, name := range routedExamples {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tn, l := newTenant(t), newLake(t)
			l.setDown(true)
			a := family("a-1")
			tn.fill(1, 10)
			tn.offer(a.entity("e-1", "alice@contoso.example"), a.trigger())
			text := l.instead(tn.example(name))
			run := tn.startText(p, name, text)
			all := func(got map[string][]record) bool {
				return missing(got["/events"], tn.sim.Offered()) == 0 && a.entities(got["/alerts"]) == 1
			}
			program.Eventually(t, time.Minute, "all records in requests that the lake refuses",
				func() bool { return all(l.read(l.refused)) })
			run.Kill()

			tn.sim.Inject(simulator.MustFault("token-503").Forever())
			l.setDown(false)
			run = tn.startText(p, name, text)
			program.Eventually(t, time.Minute, "all records from the disk",
				func() bool { return all(l.read(l.taken)) })
			require.Zero(t, run.Stop())
			assert.NotContains(t, run.Log.String(), "no matching route")
			requireIndex(t, "alerts", l.taken["/alerts"])
			requireIndex(t, "windows_events", l.taken["/events"])
		})
	}
}

// requireIndex checks that all records belong to an index.
func requireIndex(t *testing.T, index string, records []record) {
	t.Helper()
	for _, r := range records {
		require.Equal(t, index, r["index"], "%v", r)
	}
}

// missing counts the Ids that none of the records has.
func missing(records []record, ids []string) int {
	have := map[string]bool{}
	for _, r := range records {
		have[r.id()] = true
	}
	n := 0
	for _, id := range ids {
		if !have[id] {
			n++
		}
	}
	return n
}

// example is the text of an example, for this tenant and in its folder.
func (tn *tenant) example(name string) string {
	tn.t.Helper()
	text, err := os.ReadFile(filepath.Join("../../conf/outputs", name))
	require.NoError(tn.t, err)
	s := strings.ReplaceAll(string(text), "/var/lib/fluent-bit", tn.dir)
	db := "    db             " + tn.dir + "/office365.db\n"
	pair := "    %s %s\n"
	if filepath.Ext(name) == ".yaml" {
		db, pair = "      db: "+tn.dir+"/office365.db\n", "      %s: %s\n"
	}
	require.Equal(tn.t, 1, strings.Count(s, db), "the line that the tenant's settings follow")
	var more strings.Builder
	more.WriteString(db)
	for _, setting := range [][2]string{
		{"authority", tn.server.URL},
		{"api_url", tn.server.URL},
		{"ca_file", tn.server.CAFile},
		{"start_from", "24h"},
		{"interval", "1s"},
	} {
		fmt.Fprintf(&more, pair, setting[0], setting[1])
	}
	return strings.Replace(s, db, more.String(), 1)
}

// startText runs the text of an example under its name, with what it takes from
// the environment.
func (tn *tenant) startText(p program.Program, name, text string) *process {
	tn.t.Helper()
	file := filepath.Join(tn.dir, name)
	require.NoError(tn.t, os.WriteFile(file, []byte(text), 0o600))
	o := tn.sim.Options()
	return p.StartFile(tn.t, []string{
		"O365_TENANT_ID=" + o.TenantID, "O365_CLIENT_ID=" + o.ClientID, "O365_CLIENT_SECRET=" + o.ClientSecret,
	}, file, tn.secrets())
}

// offer makes the records a content of their own.
func (tn *tenant) offer(records ...string) {
	b := simulator.Blob{Type: simulator.AuditGeneral, Created: time.Now().Add(-time.Second), Listable: time.Now()}
	for _, r := range records {
		b.Records = append(b.Records, json.RawMessage(r))
	}
	tn.sim.AddBlob(b)
}

// lake is what a file of the example has taken so far.
func (tn *tenant) lake(file string) []record {
	text, err := os.ReadFile(filepath.Join(tn.dir, "lake", file))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	require.NoError(tn.t, err)
	var records []record
	for line := range strings.Lines(string(text)) {
		var r record
		if json.Unmarshal([]byte(line), &r) == nil { // the last line may not be complete yet
			records = append(records, r)
		}
	}
	return records
}

// family is the AlertId of the records of one alert.
type family string

func (f family) record(id, operation, more string) string {
	return fmt.Sprintf(`{"Id":%q,"CreationTime":%q,"Operation":%q,"OrganizationId":%q,"RecordType":40,`+
		`"UserId":"SecurityComplianceAlerts","UserKey":"SecurityComplianceAlerts","UserType":4,"Version":1,`+
		`"Workload":"SecurityComplianceCenter","AlertId":%q,"Name":"Forwarding rule","Severity":"Low","Status":"Active",`+
		`"Source":"Office 365 Security & Compliance"%s}`,
		id, "2026-03-02T10:01:24", operation, simulator.DefaultTenantID, string(f), more)
}

func (f family) trigger() string { return f.record("t-1", "AlertTriggered", "") }

func (f family) entity(id, user string) string {
	return f.record(id, "AlertEntityGenerated", `,"EntityType":"User","AlertEntityId":"`+user+`"`)
}

// last is the newest revision of the alert.
func (f family) last(records []record) (alert record) {
	for _, r := range records {
		if r.merged() && r["AlertId"] == string(f) {
			alert = r
		}
	}
	return alert
}

// entities is how many the newest revision of the alert lists.
func (f family) entities(records []record) int {
	summary, _ := f.last(records)["event_summary"].(map[string]any)
	list, _ := summary["alert_entity_list"].([]any)
	return len(list)
}

// lake is the other end of the output http: the records that it was sent while
// it was down, and those that it has taken, by path.
type lake struct {
	t      *testing.T
	server *httptest.Server

	mu             sync.Mutex
	down           bool
	refused, taken map[string][]record
}

func newLake(t *testing.T) *lake {
	t.Helper()
	l := &lake{t: t, refused: map[string][]record{}, taken: map[string][]record{}}
	l.server = httptest.NewServer(l)
	t.Cleanup(l.server.Close)
	return l
}

func (l *lake) setDown(down bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = down
}

// read returns what has come to refused or taken.
func (l *lake) read(got map[string][]record) map[string][]record {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(got)
}

func (l *lake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the program was killed
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	got := l.taken
	if l.down {
		got = l.refused
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	for line := range strings.Lines(string(body)) {
		var rec record
		if err := json.Unmarshal([]byte(line), &rec); err != nil {
			l.t.Errorf("%v: %s", err, line)
		}
		got[r.URL.Path] = append(got[r.URL.Path], rec)
	}
}

// instead puts this lake in place of the two files of an example.
func (l *lake) instead(text string) string {
	l.t.Helper()
	_, port, err := net.SplitHostPort(l.server.Listener.Addr().String())
	require.NoError(l.t, err)
	outputs := strings.Index(text, "  outputs:")
	separator := ": "
	if outputs < 0 {
		outputs, separator = strings.Index(text, "[OUTPUT]"), " "
	}
	require.Positive(l.t, outputs)
	var out strings.Builder
	out.WriteString(text[:outputs])
	for line := range strings.Lines(text[outputs:]) {
		key := strings.ToLower(strings.Trim(strings.TrimSpace(line), "- "))
		key, value, _ := strings.Cut(key, " ")
		indent := line[:len(line)-len(strings.TrimLeft(line, " -"))]
		set := func(key, value string) { out.WriteString(indent + key + separator + value + "\n") }
		switch value = strings.TrimSpace(value); strings.TrimSuffix(key, ":") {
		case "name":
			set("name", "http")
		case "path":
			set("host", "127.0.0.1")
		case "file":
			set("uri", "/"+strings.TrimSuffix(value, ".jsonl"))
		case "format":
			set("format", "json_lines")
		case "mkdir":
			set("port", port)
		default:
			out.WriteString(line)
		}
	}
	return out.String()
}
