package collector_test

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/vmihailenco/msgpack/v5"
	"go.uber.org/goleak"

	"office365/plugin/internal/collector"
	"office365/plugin/internal/config"
	"office365/tests/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	tenantID = "0aa0aaaa-1111-2222-3333-444455556666"
	clientID = "11111111-2222-3333-4444-555555555555"
	secret   = "kept~to.ourselves"
	root     = "https://127.0.0.1:8365"
)

// direct calls a handler without a network, so that a test may run on the fake
// clock of testing/synctest.
type direct struct{ handler http.Handler }

func (d direct) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	defer func() {
		// How the simulator breaks a connection.
		if p := recover(); p != nil {
			resp, err = nil, errors.New("connection reset")
		}
	}()
	r = r.Clone(r.Context())
	r.Host, r.TLS = r.URL.Host, &tls.ConnectionState{}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	resp = w.Result()
	// What a connection does: the names of headers arrive in one spelling.
	for name, values := range resp.Header {
		delete(resp.Header, name)
		resp.Header[http.CanonicalHeaderKey(name)] = values
	}
	return resp, nil
}

// rig is a tenant, and the collector that watches it from a stand-in for Fluent
// Bit, all on one fake clock.
type rig struct {
	t        *testing.T
	sim      *simulator.Simulator
	settings map[string]string
	log      *lockedBuffer

	transport http.RoundTripper // nil: the tenant is called directly

	c       *collector.Collector
	counted bool // the arrival counter can be had
	mu      sync.Mutex
	counter uint64
	ring    [][]string // Ids of the batches not drained

	dropNext bool // the next batch is lost on its way, and the counter stays

	delivered []string         // Ids of originals, in the order of their arrival
	alerts    []map[string]any // merged alerts, in the order of their hand-over
	batches   [][]string       // the same, batch by batch
}

func newRig(t *testing.T, change func(*simulator.Options)) *rig {
	t.Helper()
	o := simulator.Options{
		TenantID: tenantID, ClientID: clientID, ClientSecret: secret,
		Now: time.Now, Seed: 1, PageSize: 7, Order: simulator.Shuffled,
	}
	if change != nil {
		change(&o)
	}
	return &rig{
		t:   t,
		sim: simulator.New(o),
		log: &lockedBuffer{},
		settings: map[string]string{
			"tenant_id": tenantID, "client_id": clientID, "client_secret": secret,
			"authority": root, "api_url": root, "start_from": "24h",
			"db": filepath.Join(t.TempDir(), "o365.db"),
		},
		counted: true,
	}
}

// lockedBuffer is a log to be read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

var _ io.Writer = (*lockedBuffer)(nil)

// options are what start makes the collector of.
func (r *rig) options() collector.Options {
	settings, _, err := config.Parse(func(key string) string { return r.settings[key] })
	require.NoError(r.t, err)
	var transport http.RoundTripper = direct{r.sim}
	if r.transport != nil {
		transport = r.transport
	}
	return collector.Options{
		Settings: settings,
		Instance: "office365.0",
		Log:      slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Arrived: func() (uint64, bool) {
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.counter, r.counted
		},
		Transport: transport,
	}
}

func (r *rig) start() {
	r.t.Helper()
	c, err := collector.New(r.options())
	require.NoError(r.t, err)
	r.c = c
	r.counter, r.ring = 0, nil
	c.Start()
	r.t.Cleanup(func() {
		c.Stop() // of a test that fails; a second Stop does nothing
		for _, line := range r.lines("level=ERROR") {
			assert.Regexp(r.t, ` to_do=("[^"]|[^" ])`, line, "an error that does not say what to do")
			assert.NotContains(r.t, r.log.String(), secret)
		}
	})
}

// sleep moves the fake clock on.
func sleep(d time.Duration) { <-time.After(d) }

// stop is a graceful stop: what is in the ring arrives first.
func (r *rig) stop() {
	r.drain()
	r.c.Stop()
}

// tick is what Fluent Bit does once a second: it collects, and its main thread
// drains the ring a quarter of a second later.
func (r *rig) tick() {
	if batch := r.c.Next(); batch != nil {
		if !r.dropNext {
			r.ring = append(r.ring, r.ids(batch))
		}
		r.dropNext = false
		r.c.Done()
	}
	sleep(250 * time.Millisecond)
	r.drain()
	sleep(750 * time.Millisecond)
}

func (r *rig) drain() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, ids := range r.ring {
		r.counter += uint64(len(ids))
		ids = slices.DeleteFunc(ids, func(id string) bool { return id == anAlert })
		r.delivered = append(r.delivered, ids...)
		r.batches = append(r.batches, ids)
	}
	r.ring = nil
}

// run ticks for so long.
func (r *rig) run(d time.Duration) {
	for range int(d / time.Second) {
		r.tick()
	}
}

// idle lets a long time pass in which little happens: it ticks once a minute.
func (r *rig) idle(d time.Duration) {
	for range int(d / time.Minute) {
		r.tick()
		sleep(time.Minute - time.Second)
	}
}

// requests are those of a route about a content type, oldest first.
func (r *rig) requests(route simulator.Route, ct simulator.ContentType) []simulator.Request {
	return slices.DeleteFunc(r.sim.Requests(route), func(q simulator.Request) bool { return q.ContentType != ct })
}

// fetches are the requests for one content, oldest first.
func (r *rig) fetches(id string) []simulator.Request {
	return slices.DeleteFunc(r.sim.Requests(simulator.RouteBlob), func(q simulator.Request) bool { return q.ContentID != id })
}

// waits are the times from each request to the next.
func waits(requests []simulator.Request) []time.Duration {
	var between []time.Duration
	for i := 1; i < len(requests); i++ {
		between = append(between, requests[i].At.Sub(requests[i-1].At))
	}
	return between
}

// lines are the lines of the log that hold all the texts.
func (r *rig) lines(texts ...string) []string {
	var found []string
	for line := range strings.Lines(r.log.String()) {
		if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(line, text) }) {
			found = append(found, line)
		}
	}
	return found
}

// ids decodes a batch and returns the Id of each original, "" of one without, and
// anAlert of each merged alert.
func (r *rig) ids(batch []byte) []string {
	records := r.decode(batch)
	ids := make([]string, len(records))
	for i, record := range records {
		ids[i], _ = record["Id"].(string)
		if _, merged := record["alert_uid"]; merged {
			ids[i] = anAlert
			r.alerts = append(r.alerts, record)
		}
	}
	return ids
}

// anAlert stands for the Id of a merged alert, which is that of its trigger.
const anAlert = "a merged alert"

func (r *rig) decode(batch []byte) []map[string]any {
	var records []map[string]any
	d := msgpack.NewDecoder(bytes.NewReader(batch))
	for {
		event, err := d.DecodeSlice()
		if errors.Is(err, io.EOF) {
			return records
		}
		require.NoError(r.t, err)
		require.Len(r.t, event, 2)
		record, ok := event[1].(map[string]any)
		require.True(r.t, ok, "%T is no map", event[1])
		records = append(records, record)
	}
}

// requireAllOnce checks that every record that the simulator offers has arrived,
// and none twice.
func (r *rig) requireAllOnce() {
	r.t.Helper()
	want := r.sim.Offered()
	got := slices.Clone(r.delivered)
	slices.Sort(want)
	slices.Sort(got)
	want = slices.Compact(want)
	require.NotEmpty(r.t, want)
	if !slices.Equal(want, got) {
		r.t.Logf("log:\n%s", r.log)
	}
	require.Equal(r.t, len(slices.Compact(slices.Clone(got))), len(got), "records came twice") //nolint:testifylint // Len prints thousands of Ids
	require.Equal(r.t, len(want), len(got), "records are missing")                             //nolint:testifylint // Len prints thousands of Ids
	require.Equal(r.t, want, got)
}

func (r *rig) fill(blobs, records int) {
	for _, ct := range simulator.ContentTypes() {
		r.sim.AddContent(ct, blobs, records, time.Now().Add(-20*time.Hour), time.Now())
	}
}

// eventTime is Fluent Bit's extension type for the time of an event.
type eventTime struct{ seconds, nanos uint32 }

func (e *eventTime) UnmarshalMsgpack(b []byte) error {
	if len(b) != 8 {
		return fmt.Errorf("event time of %d bytes", len(b))
	}
	e.seconds, e.nanos = binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	return nil
}

func (e *eventTime) MarshalMsgpack() ([]byte, error) {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, e.seconds), e.nanos), nil
}

func init() { msgpack.RegisterExt(0, (*eventTime)(nil)) }
