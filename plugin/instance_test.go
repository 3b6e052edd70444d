package main

import (
	"errors"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"office365/plugin/internal/collector"
	"office365/plugin/internal/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeHost is Fluent Bit as an instance sees it.
type fakeHost struct {
	title      string
	properties map[string]string
	old        bool // before 4.1
	lowest     slog.Level
	reason     string

	handle    uintptr
	kept      int
	published [][]telemetry.Sample
	forgotten bool
	printed   []string
}

func newFakeHost() *fakeHost {
	return &fakeHost{
		title:  "office365.0",
		lowest: slog.LevelInfo,
		properties: map[string]string{
			"tenant_id":     "11111111-2222-3333-4444-555555555555",
			"client_id":     "66666666-7777-8888-9999-000000000000",
			"client_secret": "hunter2hunter2",
			"tenant_name":   "contoso",
			"db":            "/var/lib/office365.db",
		},
	}
}

func (h *fakeHost) now() time.Time             { return time.Time{} }
func (h *fakeHost) name() string               { return h.title }
func (h *fakeHost) property(key string) string { return h.properties[key] }
func (h *fakeHost) tellsInstances() bool       { return !h.old }
func (h *fakeHost) setHandle(handle uintptr)   { h.handle = handle }
func (h *fakeHost) logs(level slog.Level) bool { return level >= h.lowest }
func (h *fakeHost) records() (uint64, bool)    { return 7, h.reason == "" }
func (h *fakeHost) blind() string              { return h.reason }
func (h *fakeHost) keepPanics()                { h.kept++ }
func (h *fakeHost) forget()                    { h.forgotten = true }

func (h *fakeHost) publish(samples []telemetry.Sample) {
	h.published = append(h.published, samples)
}

func (h *fakeHost) print(level slog.Level, line string) {
	h.printed = append(h.printed, level.String()+" "+line)
}

// log returns the printed lines that contain text.
func (h *fakeHost) log(text string) []string {
	var found []string
	for _, line := range h.printed {
		if strings.Contains(line, text) {
			found = append(found, line)
		}
	}
	return found
}

// fakeSource is a collector that does what a test says.
type fakeSource struct {
	options collector.Options
	calls   []string
	batch   []byte
	panics  bool
}

func (s *fakeSource) build(o collector.Options) (source, error) {
	s.options = o
	return s, nil
}

func (s *fakeSource) call(name string) {
	s.calls = append(s.calls, name)
	s.options.Log.Info(name) //nolint:sloglint // the call is the message
	if s.panics {
		panic("a bug in " + name)
	}
}

func (s *fakeSource) Start()       { s.call("start") }
func (s *fakeSource) Done()        { s.call("done") }
func (s *fakeSource) Pause()       { s.call("pause") }
func (s *fakeSource) Resume()      { s.call("resume") }
func (s *fakeSource) Stop()        { s.call("stop") }
func (s *fakeSource) Next() []byte { s.call("next"); return s.batch }

// opened returns an instance at work.
func opened(t *testing.T, host *fakeHost, known *registry) (*instance, *fakeSource) {
	t.Helper()
	s := &fakeSource{}
	i := open(host, 42, known, s.build)
	require.NotNil(t, i, "%s", host.printed)
	host.printed = nil
	return i, s
}

func TestInitStartsACollectorWithTheSettingsOfTheSection(t *testing.T) {
	t.Parallel()
	host, known, s := newFakeHost(), &registry{}, &fakeSource{}
	i := open(host, 42, known, s.build)
	require.NotNil(t, i)
	assert.Equal(t, []string{"start"}, s.calls)
	assert.Equal(t, "contoso", s.options.Settings.TenantName)
	assert.Equal(t, "office365.0", s.options.Instance)
	records, ok := s.options.Arrived()
	assert.Equal(t, uint64(7), records)
	assert.True(t, ok)
	assert.Equal(t, i.handle, host.handle)
	assert.Same(t, i, known.byHandle(host.handle))
	assert.Same(t, i, known.byThread(42))
}

func TestInitLogsTheSettingsInForceOnceAndNoSecret(t *testing.T) {
	t.Parallel()
	host := newFakeHost()
	require.NotNil(t, open(host, 42, &registry{}, (&fakeSource{}).build))
	settings := host.log("settings in force")
	require.Len(t, settings, 1)
	assert.Contains(t, settings[0], "INFO [office365] contoso: settings in force tenant_id=11111111-2222-3333-4444-555555555555")
	assert.Contains(t, settings[0], " client_secret=*** ")
	assert.Empty(t, host.log("hunter2"))
}

func TestInitNamesAllProblemsInOneLineAndLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	host, known, s := newFakeHost(), &registry{}, &fakeSource{}
	host.properties["interval"] = "5"
	host.properties["fetch_workers"] = "none"
	host.properties["client_id"] = "hunter2hunter2" // pasted into the wrong line
	assert.Nil(t, open(host, 42, known, s.build))
	problems := host.log("ERROR")
	require.Len(t, problems, 1)
	assert.Contains(t, problems[0], "ERROR [office365] contoso: ")
	assert.Contains(t, problems[0], "3 problems: (1) ")
	for _, key := range []string{"interval", "fetch_workers", "client_id"} {
		assert.Contains(t, problems[0], key)
	}
	assert.NotContains(t, problems[0], "hunter2")
	assert.NotContains(t, problems[0], "\n")
	assert.Empty(t, s.calls)
	assert.Empty(t, known.all())
	assert.True(t, host.forgotten)
}

func TestInitFailsWithTheErrorOfTheCollector(t *testing.T) {
	t.Parallel()
	host, known := newFakeHost(), &registry{}
	assert.Nil(t, open(host, 42, known, func(collector.Options) (source, error) {
		return nil, errors.New("db /x: second section has it too")
	}))
	assert.Equal(t, []string{"ERROR [office365] contoso: db /x: second section has it too"}, host.log("ERROR"))
	assert.Empty(t, known.all())
}

func TestPanicInInitIsAnErrorOfInit(t *testing.T) {
	t.Parallel()
	for name, build := range map[string]builder{
		"while building": func(collector.Options) (source, error) { panic("a bug") },
		"while starting": (&fakeSource{panics: true}).build,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			host, known := newFakeHost(), &registry{}
			assert.Nil(t, open(host, 42, known, build))
			problems := host.log("ERROR")
			require.Len(t, problems, 1)
			assert.Contains(t, problems[0], "panic in Init: a bug")
			assert.Contains(t, problems[0], "instance_test.go")
			assert.Empty(t, known.all())
		})
	}
}

func TestOldFluentBitRunsOneInstance(t *testing.T) {
	t.Parallel()
	known := &registry{}
	first, second := newFakeHost(), newFakeHost()
	first.old, second.old = true, true
	i, _ := opened(t, first, known)
	assert.Zero(t, first.handle, "the word for the handle holds something else in an old Fluent Bit")

	assert.Nil(t, open(second, 43, known, (&fakeSource{}).build))
	assert.Len(t, second.log("older than 4.1"), 1)
	assert.Equal(t, []*instance{i}, known.all())
}

func TestInitSaysWhenArrivalCannotBeSeen(t *testing.T) {
	t.Parallel()
	host := newFakeHost()
	host.reason = "no counter"
	require.NotNil(t, open(host, 42, &registry{}, (&fakeSource{}).build))
	lines := host.log("hand-over")
	require.Len(t, lines, 1)
	assert.Contains(t, lines[0], `INFO [office365] contoso: Fluent Bit does not tell`)
	assert.Contains(t, lines[0], `reason="no counter"`)
}

func TestNamesOfAnInstanceThatHasNone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*fakeHost)
		prefix string
	}{
		"tenant_name":   {func(*fakeHost) {}, "[office365] contoso: "},
		"tenant_id":     {func(h *fakeHost) { delete(h.properties, "tenant_name") }, "[office365] 11111111-2222-3333-4444-555555555555: "},
		"instance name": {func(h *fakeHost) { h.properties = nil }, "[office365] office365.0: "},
		"nothing":       {func(h *fakeHost) { h.properties, h.title = nil, "" }, "[office365] office365: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			host, s := newFakeHost(), &fakeSource{}
			test.change(host)
			open(host, 42, &registry{}, s.build)
			require.NotEmpty(t, host.printed)
			for _, line := range host.printed {
				assert.Contains(t, line, test.prefix)
			}
		})
	}
	host, s := newFakeHost(), &fakeSource{}
	host.title = ""
	known := &registry{}
	open(newFakeHost(), 41, known, (&fakeSource{}).build)
	open(host, 42, known, s.build)
	assert.Equal(t, "office365.1", s.options.Instance)
}

func TestEveryCallbackReachesTheCollectorAndPrintsItsLines(t *testing.T) {
	t.Parallel()
	host, known := newFakeHost(), &registry{}
	i, s := opened(t, host, known)
	s.batch, s.calls = []byte{1}, nil

	assert.Equal(t, []byte{1}, i.collect())
	i.collected()
	i.pause()
	i.resume()
	i.stop(known)
	assert.Equal(t, []string{"next", "done", "pause", "resume", "stop"}, s.calls)
	assert.Equal(t, []string{
		"INFO [office365] contoso: next",
		"INFO [office365] contoso: done",
		"INFO [office365] contoso: pause",
		"INFO [office365] contoso: resume",
		"INFO [office365] contoso: stop",
	}, host.printed)
	assert.Equal(t, 2, host.kept, "at Init and at every collect")
}

func TestExitLeavesNothingBehindEvenWhenItPanics(t *testing.T) {
	t.Parallel()
	for _, panics := range []bool{false, true} {
		host, known := newFakeHost(), &registry{}
		i, s := opened(t, host, known)
		s.panics = panics
		func() {
			defer rescue(i, "exit")
			i.stop(known)
		}()
		assert.Empty(t, known.all())
		assert.True(t, host.forgotten)
	}
}

func TestPanicOfACallbackIsLoggedAndTheNextOneGoesOn(t *testing.T) {
	t.Parallel()
	host, known := newFakeHost(), &registry{}
	i, s := opened(t, host, known)
	collect := func() (batch []byte) {
		defer rescue(i, "collect")
		return i.collect()
	}
	s.panics = true
	assert.Nil(t, collect())
	bugs := host.log("a bug: please report it")
	require.Len(t, bugs, 1)
	assert.Contains(t, bugs[0], `callback=collect panic="a bug in next" panics=1 stack=`)
	assert.Contains(t, bugs[0], "fakeSource")

	s.panics, s.batch = false, []byte{1}
	assert.Equal(t, []byte{1}, collect())
}

func TestPanicOfEverySecondDoesNotFillTheLog(t *testing.T) {
	t.Parallel()
	host, known := newFakeHost(), &registry{}
	i, s := opened(t, host, known)
	s.panics = true
	for range 3600 {
		func() {
			defer rescue(i, "collect")
			i.collect()
		}()
	}
	assert.Len(t, host.log("a bug: please report it"), panicsLogged+3600/panicsPerLine)
}

// measuredSource is a fakeSource with metrics.
type measuredSource struct {
	fakeSource
	samples func() []telemetry.Sample
}

func (s *measuredSource) Samples() []telemetry.Sample { return s.samples() }

func TestMetricsArePublishedInInitAndAtEveryCollect(t *testing.T) {
	t.Parallel()
	blobs := 0.0
	s := &measuredSource{samples: func() []telemetry.Sample {
		blobs++
		return []telemetry.Sample{{Kind: telemetry.Counter, Name: "blobs_total", Value: blobs}}
	}}
	host := newFakeHost()
	i := open(host, 42, &registry{}, func(o collector.Options) (source, error) {
		s.options = o
		return s, nil
	})
	require.NotNil(t, i)
	require.Len(t, host.published, 1)
	i.collect()
	require.Len(t, host.published, 2)
	assert.InDelta(t, 2.0, host.published[1][0].Value, 0)
}

func TestBugInMetricsCostsNoBatch(t *testing.T) {
	t.Parallel()
	s := &measuredSource{samples: func() []telemetry.Sample { panic("a bug in metrics") }}
	s.batch = []byte{1}
	host := newFakeHost()
	i := open(host, 42, &registry{}, func(o collector.Options) (source, error) {
		s.options = o
		return s, nil
	})
	require.NotNil(t, i)
	assert.Equal(t, []byte{1}, i.collect())
	assert.Len(t, host.log("a bug in metrics"), 2)
}

func TestCallbackWithoutAnInstanceDoesNothing(t *testing.T) {
	t.Parallel()
	var i *instance
	assert.NotPanics(t, func() {
		assert.Nil(t, i.collect())
		i.collected()
		i.pause()
		i.resume()
		i.drain()
		i.stop(&registry{})
	})
}

func TestLevelFollowsTheSection(t *testing.T) {
	t.Parallel()
	for _, lowest := range []slog.Level{levelTrace, slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError, math.MaxInt} {
		assert.Equal(t, lowest, levelOf(&fakeHost{lowest: lowest}))
	}
}
