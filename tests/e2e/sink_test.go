package e2e_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"office365/tests/program"
)

// sink is what Fluent Bit's output http sends to: a lake that may be down or
// slow. What it has answered with 200 has arrived. The same bytes again are a
// chunk that Fluent Bit sends again, because it was killed before it took note
// of the answer, and do not count: what the plugin emits again has another
// write_time.
type sink struct {
	t      *testing.T
	server *httptest.Server

	mu      sync.Mutex
	down    bool
	delay   time.Duration
	arrived map[string]map[string]int // tag → Id → how often
	records map[string]int            // tag → how many
	refused int                       // requests
	bodies  map[[sha256.Size]byte]bool
	stopped chan struct{}
}

func newSink(t *testing.T) *sink {
	t.Helper()
	s := &sink{
		t: t, arrived: map[string]map[string]int{}, records: map[string]int{},
		bodies: map[[sha256.Size]byte]bool{}, stopped: make(chan struct{}),
	}
	s.server = httptest.NewServer(s)
	t.Cleanup(func() {
		close(s.stopped)
		s.server.Close()
	})
	return s
}

// output is the section that sends records with the tag here.
func (s *sink) output(tag string) string {
	host, port, err := net.SplitHostPort(s.server.Listener.Addr().String())
	require.NoError(s.t, err)
	return program.Section("OUTPUT", "Name", "http", "Match", tag, "Host", host, "Port", port, "URI", "/"+tag,
		"Format", "json_lines", "json_date_key", "false", "Retry_Limit", "no_limits")
}

// setDown makes it answer 500, or no longer.
func (s *sink) setDown(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// setDelay makes every answer take so long.
func (s *sink) setDelay(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delay = d
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the program was killed
	}
	s.mu.Lock()
	delay := s.delay
	s.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-s.stopped:
		return
	}
	if err := s.take(r.URL.Path[1:], body); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func (s *sink) take(tag string, body []byte) error {
	ids, err := idsOf(body)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		s.refused++
		return errors.New("the lake is down")
	}
	sum := sha256.Sum256(body)
	if s.bodies[sum] {
		return nil
	}
	s.bodies[sum] = true
	if s.arrived[tag] == nil {
		s.arrived[tag] = map[string]int{}
	}
	for _, id := range ids {
		s.arrived[tag][id]++
	}
	s.records[tag] += len(ids)
	return nil
}

// idsOf returns the Ids of the originals.
func idsOf(lines []byte) ([]string, error) {
	var ids []string
	for line := range bytes.Lines(lines) {
		var r record
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, err
		}
		if !r.merged() {
			ids = append(ids, r.id())
		}
	}
	return ids, nil
}

// count is how many records with the tag have arrived, repeats included.
func (s *sink) count(tag string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.records[tag]
}

// refusals is how many requests were answered with 500.
func (s *sink) refusals() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused
}

// missing is how many records of the tenant have not arrived, and how many came
// more often than the tenant offers them.
func (s *sink) missing(tn *tenant) (missing, again int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	offered := map[string]bool{}
	for _, id := range tn.sim.Offered() {
		offered[id] = true
		if s.arrived[tn.name][id] == 0 {
			missing++
		}
	}
	return missing, s.records[tn.name] - (len(offered) - missing)
}

// waitForAll waits until everything that the tenant offers has arrived.
func (s *sink) waitForAll(tn *tenant) {
	s.t.Helper()
	program.Eventually(s.t, 90*time.Second, fmt.Sprintf("%d records of %s", tn.offered(), tn.name), func() bool {
		missing, _ := s.missing(tn)
		return missing == 0
	})
}

// requireAllOnce checks that all has arrived, and nothing twice.
func (s *sink) requireAllOnce(tn *tenant) {
	s.t.Helper()
	missing, again := s.missing(tn)
	require.Zero(s.t, missing, "records missing of %d offered", tn.offered())
	require.Zero(s.t, again, "records came twice")
}

// conf is a whole configuration that sends the tenants' records here. Fluent
// Bit tries again after a second or two.
func (s *sink) conf(tenants []*tenant, service ...string) string {
	var text strings.Builder
	text.WriteString(program.Section("SERVICE", append([]string{
		"Flush", "0.2", "Grace", "2", "Log_Level", "info", "scheduler.base", "1", "scheduler.cap", "2",
		"storage.path", tenants[0].dir + "/storage", "storage.sync", "full",
	}, service...)...))
	for _, tn := range tenants {
		text.WriteString(tn.input() + s.output(tn.name))
	}
	return text.String()
}

func (s *sink) start(p program.Program, tn *tenant, service ...string) *process {
	s.t.Helper()
	return p.Start(s.t, s.conf([]*tenant{tn}, service...), tn.secrets())
}

// fluentBit is the real one, for what the stand-in has no part of.
func fluentBit(t *testing.T) program.Program {
	t.Helper()
	all := program.All()
	if len(all) == 1 {
		t.Skip("there is no Fluent Bit here, and the stand-in has no output that fails")
	}
	return all[1]
}
