package network

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/plugin/internal/config"
)

// reach makes a client of the settings and reaches out with it.
func reach(t *testing.T, s config.Settings, root string) Contact {
	t.Helper()
	hc, err := NewClient(s)
	require.NoError(t, err)
	t.Cleanup(hc.CloseIdleConnections)
	return Reach(t.Context(), hc, root, time.Now)
}

// closedAddress is one at which nobody listens.
func closedAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}

func TestReachNotesWhatItMetOnTheWay(t *testing.T) {
	t.Parallel()
	s := secure(t, func(*httptest.Server) {})
	c := reach(t, with(func(c *config.Settings) { c.CAFile = caFile(t, certificateOf(s)) }), s.URL)
	assert.Nil(t, c.Failure)
	assert.Equal(t, StageAnswer, c.Stage)
	assert.Equal(t, s.Listener.Addr().String(), c.Host)
	assert.Equal(t, "TLS 1.3", c.TLS)
	assert.Equal(t, "Acme Co", c.Issuer)
	assert.Empty(t, c.Proxy)
	assert.WithinDuration(t, c.Local, c.Server, 2*time.Second)
	assert.Positive(t, c.TLSTime)
}

func TestReachSaysHowFarItGot(t *testing.T) {
	t.Parallel()
	proxy := func(status int) string {
		p := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(p.Close)
		return "http://user:p4ssword@" + p.Listener.Addr().String()
	}
	s := secure(t, func(*httptest.Server) {})
	for name, tt := range map[string]struct {
		root   string
		change func(*config.Settings)
		stage  Stage
		advice string
	}{
		"nobody listens":      {"https://" + closedAddress(t), func(*config.Settings) {}, StageConnect, adviceRefused},
		"no proxy listens":    {s.URL, func(c *config.Settings) { c.Proxy = "http://user:p4ssword@" + closedAddress(t) }, StageConnect, adviceRefused},
		"the proxy refuses":   {s.URL, func(c *config.Settings) { c.Proxy = proxy(http.StatusProxyAuthRequired) }, StageProxy, ""},
		"unknown certificate": {s.URL, func(*config.Settings) {}, StageTLS, adviceCA},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := reach(t, with(tt.change), tt.root)
			require.NotNil(t, c.Failure)
			assert.Equal(t, tt.stage, c.Stage)
			assert.NotContains(t, c.Failure.Message+c.Proxy, "p4ssword")
			assert.Equal(t, strings.Contains(name, "proxy"), c.Proxy != "")
			assert.Equal(t, tt.stage == StageTLS, c.Issuer != "")
			if tt.advice != "" {
				assert.Equal(t, tt.advice, c.Failure.Advice)
			}
		})
	}
}
