package e2e_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/program"
	"office365/tests/simulator"
)

// sampleLine is a line of the text form of Prometheus.
var sampleLine = regexp.MustCompile(`(?m)^fluentbit_office365_(\w+\{[^}]*\}) (\S+)$`)

// scraped are our metrics by name and labels:
// paused{name="office365.0",tenant="tenant-0"}.
type scraped map[string]float64

func (m *metered) scrape() scraped {
	s := scraped{}
	for _, found := range sampleLine.FindAllStringSubmatch(m.text(), -1) {
		value, err := strconv.ParseFloat(found[2], 64)
		require.NoError(m.t, err, found[0])
		s[found[1]] = value
	}
	return s
}

// value is the metric of the first instance with further labels.
func (s scraped) value(name string, labels ...string) float64 {
	all := append([]string{`name="office365.0"`, `tenant="tenant-0"`}, labels...)
	return s[name+"{"+strings.Join(all, ",")+"}"]
}

// metered is a tenant in a program whose metrics can be read.
type metered struct {
	*tenant
	run     *process
	address string // of Fluent Bit's HTTP server; "" in the test host
}

func newMetered(t *testing.T, p program.Program, extra ...string) *metered {
	t.Helper()
	m := &metered{tenant: newTenant(t)}
	m.extra = append([]string{"interval", "1s", "commit_delay", "1s"}, extra...)
	m.fill(3, 10)
	service := []string{"Hot_Reload", "on"}
	if p != standIn() {
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		require.NoError(t, err)
		m.address = l.Addr().String()
		host, port, err := net.SplitHostPort(m.address)
		require.NoError(t, err)
		require.NoError(t, l.Close())
		service = append(service, "HTTP_Server", "on", "HTTP_Listen", host, "HTTP_Port", port)
	}
	m.run = p.Start(t, conf([]*tenant{m.tenant}, service...), m.secrets())
	return m
}

// text is what a scrape answers; "" while there is nobody to answer.
func (m *metered) text() string {
	if m.address == "" {
		return strings.Join(m.run.Ask("metrics"), "\n")
	}
	ctx, cancel := context.WithTimeout(m.t.Context(), 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+m.address+"/api/v2/metrics/prometheus", http.NoBody)
	require.NoError(m.t, err)
	answer, err := http.DefaultClient.Do(request) //nolint:forbidigo // Fluent Bit on loopback
	if err != nil {
		return ""
	}
	defer func() { _ = answer.Body.Close() }() // read to its end
	text, err := io.ReadAll(answer.Body)
	require.NoError(m.t, err)
	return string(text)
}

func TestMetricsAreInFluentBitsOwn(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, p program.Program) {
		m := newMetered(t, p)
		m.waitFor(m.offered())
		const ct = `content_type="DLP.All"`
		program.Eventually(t, 30*time.Second, "records in the metrics", func() bool { return m.scrape().value("records_total", ct) == 30 })
		s := m.scrape()
		assert.InDelta(t, 3, s.value("contents_listed_total", ct), 0)
		assert.InDelta(t, 3, s.value("contents_fetched_total", ct), 0)
		assert.InDelta(t, 15, s.value("requests_total", `operation="content"`, `result="ok"`), 0)
		assert.InDelta(t, 1, s.value("requests_total", `operation="token"`, `result="ok"`), 0)
		assert.InDelta(t, 3590, s.value("token_remaining_seconds"), 60)
		assert.InDelta(t, time.Now().Unix(), s.value("sampled_timestamp_seconds"), 10)
		assert.Positive(t, s.value("handed_over_bytes_total"))
		assert.Positive(t, s.value("state_file_bytes"))
		names := map[string]bool{}
		for key := range s {
			name, _, _ := strings.Cut(key, "{")
			names[name] = true
		}
		assert.Greater(t, len(names), 40, "a metric of each row of the table")

		// They move while it runs, and what there is stays the same.
		m.sim.AddContent(simulator.DLPAll, 2, 5, time.Now().Add(-time.Hour), time.Now().Add(-time.Minute))
		program.Eventually(t, 30*time.Second, "news in the metrics", func() bool { return m.scrape().value("records_total", ct) == 40 })
		assert.Len(t, m.scrape(), len(s), "no series comes or goes")
		if file := os.Getenv("SCRAPE"); file != "" && m.address != "" {
			require.NoError(t, os.WriteFile(filepath.Clean(file), []byte(ours(m.text())), 0o600))
		}
		require.Zero(t, m.run.Stop())
		m.requireAllOnce()
	})
}

// ours are the lines of a scrape that are ours.
func ours(text string) string {
	return strings.Join(slices.DeleteFunc(strings.SplitAfter(text, "\n"), func(line string) bool {
		return !strings.Contains(line, "fluentbit_office365_")
	}), "")
}

func TestAPauseIsSeenInTheMetrics(t *testing.T) {
	t.Parallel()
	m := newMetered(t, standIn())
	m.waitFor(m.offered())
	m.run.Ask("pause 0")
	program.Eventually(t, 10*time.Second, "the pause in the metrics", func() bool { return m.scrape().value("paused") == 1 })
	m.run.Ask("resume 0")
	program.Eventually(t, 10*time.Second, "its end in the metrics", func() bool { return m.scrape().value("paused") == 0 })
}

func TestAReloadMakesTheMetricsAnew(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, p program.Program) {
		m := newMetered(t, p)
		m.waitFor(m.offered())
		const ct = `content_type="DLP.All"`
		program.Eventually(t, 30*time.Second, "records in the metrics", func() bool { return m.scrape().value("records_total", ct) == 30 })
		before := m.scrape()
		m.run.Signal(syscall.SIGHUP)
		program.Eventually(t, 30*time.Second, "metrics of a new instance that has listed", func() bool {
			s := m.scrape()
			return len(s) == len(before) && s.value("records_total", ct) == 0 && s.value("requests_total", `operation="list"`, `result="ok"`) > 0
		})
		m.sim.AddContent(simulator.DLPAll, 1, 5, time.Now().Add(-time.Hour), time.Now().Add(-time.Minute))
		program.Eventually(t, 30*time.Second, "news in the metrics", func() bool { return m.scrape().value("records_total", ct) == 5 })
		require.Zero(t, m.run.Stop())
		m.requireAllOnce()
	})
}
