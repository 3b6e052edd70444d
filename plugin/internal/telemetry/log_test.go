package telemetry_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"office365/plugin/internal/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lines drains a log at the moment of its lines.
func lines(l *telemetry.Log) []string {
	var all []string
	l.Drain(time.Time{}, func(_ slog.Level, line string) { all = append(all, line) })
	return all
}

type brokenError struct{ text string }

func (e *brokenError) Error() string { return e.text } // panics for nil

type masked struct{}

func (masked) LogValue() slog.Value { return slog.StringValue("***") }

type marshaler struct{ err error }

func (m marshaler) MarshalText() ([]byte, error) { return []byte("as text"), m.err }

func TestLineShowsMessageAndAttributes(t *testing.T) {
	t.Parallel()
	const prefix = "[office365] contoso: "
	at := time.Date(2026, 11, 22, 20, 0, 0, 5e6, time.FixedZone("", 3600))
	for name, test := range map[string]struct {
		log  func(*slog.Logger)
		want string
	}{
		"message alone":        {func(l *slog.Logger) { l.Info("started") }, "started"},
		"words need no quotes": {func(l *slog.Logger) { l.Info("m", "type", "Audit.Exchange", "n", 5) }, "m type=Audit.Exchange n=5"},
		"a space is quoted":    {func(l *slog.Logger) { l.Info("m", "k", "a b") }, `m k="a b"`},
		"an empty value":       {func(l *slog.Logger) { l.Info("m", "k", "") }, `m k=""`},
		"an equals sign":       {func(l *slog.Logger) { l.Info("m", "k", "a=b") }, `m k="a=b"`},
		"quotes are escaped":   {func(l *slog.Logger) { l.Info("m", "k", `say "x"`) }, `m k="say \"x\""`},
		"a line break in a value": {
			func(l *slog.Logger) { l.Info("m", "k", "a\nb\r\n") }, `m k="a\nb\r\n"`,
		},
		"a line break in the message": {func(l *slog.Logger) { l.Info("a\nb\tc\x1b[31m") }, "a b c [31m"},
		"a line break in a key":       {func(l *slog.Logger) { l.Info("m", "a\nb", 1) }, "m a b=1"}, //nolint:sloglint // such keys are what is tested
		"a percent sign is text":      {func(l *slog.Logger) { l.Info("100%s", "k", "%n") }, "100%s k=%n"},
		"no UTF-8":                    {func(l *slog.Logger) { l.Info("a\xffb", "k", "a\xffb") }, `a b k="a\xffb"`},
		"letters beyond ASCII":        {func(l *slog.Logger) { l.Info("grün", "k", "größe") }, "grün k=größe"},
		"a duration":                  {func(l *slog.Logger) { l.Info("m", "lag", 90*time.Second) }, "m lag=1m30s"},
		"a time is UTC":               {func(l *slog.Logger) { l.Info("m", "at", at) }, "m at=2026-11-22T19:00:00.005Z"},
		"an error":                    {func(l *slog.Logger) { l.Info("m", "error", errors.New("no route")) }, `m error="no route"`},
		"an error that panics": {
			func(l *slog.Logger) { l.Info("m", "error", (*brokenError)(nil)) }, "m error=<nil>",
		},
		"bytes":                {func(l *slog.Logger) { l.Info("m", "k", []byte("abc")) }, "m k=abc"},
		"a struct":             {func(l *slog.Logger) { l.Info("m", "k", struct{ A int }{1}) }, "m k={A:1}"},
		"nil":                  {func(l *slog.Logger) { l.Info("m", "k", nil) }, "m k=<nil>"},
		"a value shows itself": {func(l *slog.Logger) { l.Info("m", "k", masked{}) }, "m k=***"},
		"a text marshaler":     {func(l *slog.Logger) { l.Info("m", "k", marshaler{}) }, `m k="as text"`},
		"a text marshaler that fails": {
			func(l *slog.Logger) { l.Info("m", "k", marshaler{errors.New("broken")}) }, "m k=!broken",
		},
		"attributes of the logger come first": {
			func(l *slog.Logger) { l.With("a", 1).With("b", 2).Info("m", "c", 3) }, "m a=1 b=2 c=3",
		},
		"a group names its members": {
			func(l *slog.Logger) { l.WithGroup("g").With("a", 1).WithGroup("h").Info("m", "b", 2) }, "m g.a=1 g.h.b=2",
		},
		"a group without a name is no group": {func(l *slog.Logger) { l.WithGroup("").Info("m", "b", 2) }, "m b=2"},
		"a group as a value": {
			func(l *slog.Logger) { l.Info("m", slog.Group("g", "a", 1, slog.Group("h", "b", 2))) }, "m g.a=1 g.h.b=2",
		},
		"a group without a name is inlined": {
			func(l *slog.Logger) { l.Info("m", slog.Attr{Value: slog.GroupValue(slog.Int("a", 1))}) }, "m a=1",
		},
		"an empty group and an empty attribute vanish": {
			func(l *slog.Logger) { l.Info("m", slog.Group("g"), slog.Attr{}) }, "m",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := telemetry.NewLog("contoso")
			test.log(slog.New(log.Handler()))
			assert.Equal(t, []string{prefix + test.want}, lines(log))
		})
	}
}

func TestTenantCannotBreakTheLine(t *testing.T) {
	t.Parallel()
	log := telemetry.NewLog("con\ntoso")
	slog.New(log.Handler()).Info("m")
	assert.Equal(t, []string{"[office365] con toso: m"}, lines(log))
}

func TestLevelsBelowTheSetOneAreNotQueued(t *testing.T) {
	t.Parallel()
	log := telemetry.NewLog("t")
	logger := slog.New(log.Handler())
	logger.Debug("not at first")
	log.SetLevel(slog.LevelWarn)
	logger.Info("not now")
	logger.Warn("this")
	log.SetLevel(slog.LevelDebug)
	logger.Debug("and this")
	assert.False(t, log.Handler().Enabled(context.Background(), slog.LevelDebug-1))

	var levels []slog.Level
	log.Drain(time.Time{}, func(level slog.Level, _ string) { levels = append(levels, level) })
	assert.Equal(t, []slog.Level{slog.LevelWarn, slog.LevelDebug}, levels)
}

func TestFullQueueGivesUpItsOldestLinesAndCountsThem(t *testing.T) {
	t.Parallel()
	log := telemetry.NewLog("t")
	logger := slog.New(log.Handler())
	for i := range 1005 {
		logger.Info("m", "i", i)
	}
	got := lines(log)
	require.Len(t, got, 1001)
	assert.Equal(t, "[office365] t: log lines dropped lines=5", got[0])
	assert.Equal(t, "[office365] t: m i=5", got[1])
	assert.Equal(t, "[office365] t: m i=1004", got[1000])

	logger.Info("again")
	assert.Equal(t, []string{"[office365] t: again"}, lines(log), "the count starts anew")
}

func TestLineThatWaitedSaysWhenItWasLogged(t *testing.T) {
	t.Parallel()
	logged := time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		waited time.Duration
		want   string
	}{
		{time.Second, "[office365] t: m"},
		{time.Hour, "[office365] t: m logged_at=2026-11-22T20:00:00.000Z"},
	} {
		log := telemetry.NewLog("t")
		require.NoError(t, log.Handler().Handle(context.Background(), slog.NewRecord(logged, slog.LevelInfo, "m", 0)))
		log.Drain(logged.Add(test.waited), func(_ slog.Level, line string) { assert.Equal(t, test.want, line) })
	}
}

func TestLineLoggedWhilePrintingWaitsForTheNextDrain(t *testing.T) {
	t.Parallel()
	log := telemetry.NewLog("t")
	logger := slog.New(log.Handler())
	logger.Info("first")
	log.Drain(time.Time{}, func(slog.Level, string) { logger.Info("second") })
	assert.Equal(t, []string{"[office365] t: second"}, lines(log))
}

func TestAnyLineIsOneLineOfBoundedLength(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		log := telemetry.NewLog("t")
		logger := slog.New(log.Handler())
		text := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
		times := rapid.IntRange(1, 400).Draw(t, "times")
		logger.WithGroup(text.Draw(t, "group")).With(text.Draw(t, "key"), text.Draw(t, "value")).
			Info(strings.Repeat(text.Draw(t, "message"), times), text.Draw(t, "key2"), strings.Repeat(text.Draw(t, "value2"), times)) //nolint:sloglint // any message is what is tested

		got := lines(log)
		require.Len(t, got, 1)
		require.LessOrEqual(t, len(got[0]), telemetry.MaxLineBytes)
		require.True(t, utf8.ValidString(got[0]), "%q", got[0])
		require.NotContains(t, got[0], "\n")
		require.NotContains(t, got[0], "\r")
		require.NotContains(t, got[0], "\x00")
	})
}

func TestLongLineIsCutBetweenCharacters(t *testing.T) {
	t.Parallel()
	log := telemetry.NewLog("t")
	slog.New(log.Handler()).Info(strings.Repeat("ü", 4000)) //nolint:sloglint // any message is what is tested
	got := lines(log)
	require.Len(t, got, 1)
	assert.True(t, strings.HasSuffix(got[0], "ü …(cut)"))
	assert.True(t, utf8.ValidString(got[0]))
	assert.Greater(t, len(got[0]), telemetry.MaxLineBytes-100)
}

func TestLinesOfEachGoroutineKeepTheirOrder(t *testing.T) {
	t.Parallel()
	const writers, each = 8, 100
	log := telemetry.NewLog("t")
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			logger := slog.New(log.Handler()).With("w", w)
			for i := range each {
				logger.Info("m", "i", i)
				log.Forbid(fmt.Sprintf("secret-%d-%d", w, i))
			}
		})
	}
	stop := make(chan struct{})
	var got []string
	var drainer sync.WaitGroup
	drainer.Go(func() {
		for {
			got = append(got, lines(log)...)
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	wg.Wait()
	close(stop)
	drainer.Wait()
	got = append(got, lines(log)...)

	require.Len(t, got, writers*each)
	next := map[int]int{}
	for _, line := range got {
		var w, i int
		_, err := fmt.Sscanf(line, "[office365] t: m w=%d i=%d", &w, &i)
		require.NoError(t, err, line)
		require.Equal(t, next[w], i)
		next[w]++
	}
}

const jwt = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL21hbmFnZS5vZmZpY2UuY29tIn0.c2lnbmF0dXJl-_x"

func TestSecretsNeverReachALine(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, secret, want string }{
		"a JWT":                  {"token " + jwt + " rejected", "eyJ", "token *** rejected"},
		"a JWT without a key":    {"eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", "eyJ", "***"},
		"an opaque token":        {"got bearer abcdefghij0123456789.x==", "abcdefghij", "got bearer ***"},
		"a bearer header":        {"Authorization: Bearer abcdef", "abcdef", "Authorization: Bearer ***"},
		"basic credentials":      {"Proxy-Authorization: Basic dXNlcjpwYXNz", "dXNl", "Proxy-Authorization: Basic ***"},
		"a form":                 {"client_id=a&client_secret=pa%20ss&scope=x", "pa%20ss", "client_id=a&client_secret=***&scope=x"},
		"an assertion":           {"client_assertion=abc.def&x=1", "abc.def", "client_assertion=***&x=1"},
		"a JSON token answer":    {`{"access_token":"abc def","expires_in":3599}`, "abc def", `{"access_token":"***","expires_in":3599}`},
		"JSON inside of a quote": {`{\"refresh_token\": \"abcdef\"}`, "abcdef", `{\"refresh_token\": \"***\"}`},
		"a setting":              {"client_secret: hunter22", "hunter22", "client_secret: ***"},
		"a proxy URL":            {"proxyconnect http://me:pw@proxy:3128: refused", "pw", "proxyconnect http://***@proxy:3128: refused"},
		"a private key": {
			"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- x", "MIIE", "*** x",
		},
		"half a private key": {"-----BEGIN PRIVATE KEY-----\nMIIE", "MIIE", "***"},
		"nothing secret": {
			"basic settings, bearer authentication: https://login.microsoftonline.com:443/x and user@contoso.com", "no secret at all",
			"basic settings, bearer authentication: https://login.microsoftonline.com:443/x and user@contoso.com",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := telemetry.NewLog("t")
			logger := slog.New(log.Handler())
			logger.Info(test.text) //nolint:sloglint // any message is what is tested
			logger.Info("m", "k", test.text)
			logger.With("error", errors.New(test.text)).Info("m")
			got := lines(log)
			require.Len(t, got, 3)
			assert.Equal(t, "[office365] t: "+test.want, got[0])
			for _, line := range got {
				assert.NotContains(t, line, test.secret)
			}
		})
	}
}

func TestKeyAloneMakesAValueSecret(t *testing.T) {
	t.Parallel()
	log := telemetry.NewLog("t")
	slog.New(log.Handler()).Info("m", "client_secret", "short", "Authorization", "x", "client_secret_file", "/run/s") //nolint:sloglint // such keys are what is tested
	assert.Equal(t, []string{"[office365] t: m client_secret=*** Authorization=*** client_secret_file=/run/s"}, lines(log))
}

func TestForbiddenTextDisappearsInEveryForm(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringMatching(`[!-~]{4,20}`).Draw(t, "secret")
		log := telemetry.NewLog("t")
		log.Forbid(secret)
		logger := slog.New(log.Handler())
		for _, text := range []string{
			secret, "value " + secret + " end", url.QueryEscape(secret), url.PathEscape(secret),
			fmt.Sprintf("%q", secret), (&url.URL{Path: "/x", RawQuery: url.Values{"q": {secret}}.Encode()}).String(),
		} {
			logger.Info("["+text+"]", "k", "["+text+"]") //nolint:sloglint // any message is what is tested
		}
		for _, line := range lines(log) {
			_, rest, _ := strings.Cut(line, ": ")
			require.NotContains(t, strings.ReplaceAll(rest, "***", ""), secret)
		}
	})
}

func TestShortTextIsNotForbidden(t *testing.T) {
	t.Parallel()
	log := telemetry.NewLog("t")
	log.Forbid("", "a", "abc")
	slog.New(log.Handler()).Info("abc a")
	assert.Equal(t, []string{"[office365] t: abc a"}, lines(log))
}
