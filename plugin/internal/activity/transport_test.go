package activity

import (
	"crypto/tls"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/normalize"
	"office365/plugin/internal/config"
)

// secure starts a TLS server that answers with its protocol.
func secure(t *testing.T, change func(*httptest.Server)) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto)
	}))
	s.EnableHTTP2 = true
	s.Config.ErrorLog = quiet()
	change(s)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// caFile writes the server's certificate as a PEM file.
func caFile(t *testing.T, s *httptest.Server) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

func with(change func(*config.Settings)) config.Settings {
	s := settings()
	change(&s)
	return s
}

// contentOver fetches a content with a client of the settings.
func contentOver(t *testing.T, s config.Settings, baseURL string) (string, error) {
	t.Helper()
	hc, err := NewHTTPClient(s)
	require.NoError(t, err)
	t.Cleanup(hc.CloseIdleConnections)
	client, _ := newClient(t, baseURL, func(o *Options) { o.HTTP = hc })
	text, err := fetch(t.Context(), client, "id$1")
	return string(text), err
}

func TestCAFileIsTrustedBesideTheSystem(t *testing.T) {
	t.Parallel()
	s := secure(t, func(*httptest.Server) {})
	proto, err := contentOver(t, with(func(c *config.Settings) { c.CAFile = caFile(t, s) }), s.URL)
	require.NoError(t, err)
	assert.Equal(t, "HTTP/2.0", proto)
}

func TestUnknownCertificateIsRefusedWithAdvice(t *testing.T) {
	t.Parallel()
	s := secure(t, func(*httptest.Server) {})
	_, err := contentOver(t, settings(), s.URL)
	e := refusedWith(t, err, Configuration)
	assert.Contains(t, e.Advice(), "ca_file")
}

func TestVerificationCanBeTurnedOff(t *testing.T) {
	t.Parallel()
	s := secure(t, func(*httptest.Server) {})
	_, err := contentOver(t, with(func(c *config.Settings) { c.TLSVerify = false }), s.URL)
	require.NoError(t, err)
}

func TestOldTLSIsRefused(t *testing.T) {
	t.Parallel()
	s := secure(t, func(s *httptest.Server) {
		s.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	})
	_, err := contentOver(t, with(func(c *config.Settings) { c.TLSVerify = false }), s.URL)
	assertRefused(t, err, Retry)
}

func TestHTTP1ServerIsServed(t *testing.T) {
	t.Parallel()
	s := secure(t, func(s *httptest.Server) { s.EnableHTTP2 = false })
	proto, err := contentOver(t, with(func(c *config.Settings) { c.CAFile = caFile(t, s) }), s.URL)
	require.NoError(t, err)
	assert.Equal(t, "HTTP/1.1", proto)
}

func TestFirstByteHasALimit(t *testing.T) {
	t.Parallel()
	for name, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := secure(t, func(s *httptest.Server) {
				s.EnableHTTP2 = http2
				s.Config.Handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
			})
			_, err := contentOver(t, with(func(c *config.Settings) { c.CAFile, c.Timeout = caFile(t, s), 50*time.Millisecond }), s.URL)
			assertRefused(t, err, Retry)
			var timeout net.Error
			require.ErrorAs(t, err, &timeout)
			assert.True(t, timeout.Timeout())
		})
	}
}

func TestRequestsGoThroughTheProxy(t *testing.T) {
	t.Parallel()
	proxy := newService(t, answering(200, "[]"))
	_, err := contentOver(t, with(func(c *config.Settings) { c.Proxy = "http://user:hunter2@" + proxy.Listener.Addr().String() }), "http://manage.office.com.invalid")
	require.NoError(t, err)
	got := proxy.requests()[0]
	assert.Equal(t, "http://manage.office.com.invalid"+testFeed+"/audit/id$1?PublisherIdentifier="+testPublisher, got.uri)
	assert.NotEmpty(t, got.header.Get("Proxy-Authorization"))
}

func TestProxyThatRefusesIsExplained(t *testing.T) {
	t.Parallel()
	proxy := newService(t, answering(407, ""))
	proxied := with(func(c *config.Settings) { c.Proxy = "http://user:hunter2@" + proxy.Listener.Addr().String() })
	_, err := contentOver(t, proxied, "http://manage.office.com.invalid")
	e := refusedWith(t, err, Configuration)
	assert.Contains(t, e.Advice(), "proxy")
	_, err = contentOver(t, proxied, "https://manage.office.com.invalid")
	e = refusedWith(t, err, Configuration)
	assert.Contains(t, e.Advice(), "proxy")
	assert.Equal(t, "content Audit.General id$1: the proxy answers 407 Proxy Authentication Required", e.Error())
	assert.Equal(t, "CONNECT", proxy.requests()[1].method)
}

func TestEnvironmentNamesTheProxy(t *testing.T) {
	t.Parallel()
	hc, err := NewHTTPClient(settings())
	require.NoError(t, err)
	transport, ok := hc.Transport.(*http.Transport)
	require.True(t, ok)
	require.NotNil(t, transport.Proxy)
	u, err := transport.Proxy(&http.Request{URL: &url.URL{Scheme: "http", Host: "127.0.0.1:1"}})
	require.NoError(t, err)
	assert.Nil(t, u, "never for this machine itself")
}

func TestWrongTransportSettingsAreNamed(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty.pem")
	require.NoError(t, os.WriteFile(empty, []byte("no certificate"), 0o600))
	for name, c := range map[string]struct {
		settings config.Settings
		want     string
	}{
		"no file":        {with(func(c *config.Settings) { c.CAFile = "/nowhere/ca.pem" }), "ca_file /nowhere/ca.pem cannot be read; name a PEM file that the user of Fluent Bit may read (open /nowhere/ca.pem: no such file or directory)"},
		"no certificate": {with(func(c *config.Settings) { c.CAFile = empty }), "ca_file " + empty + " holds no certificate in PEM form"},
		"no proxy":       {with(func(c *config.Settings) { c.Proxy = "http://user:hunter2@[::1" }), "proxy is not a URL; write one such as http://proxy.example.com:3128"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := NewHTTPClient(c.settings)
			require.EqualError(t, err, c.want)
		})
	}
}

func TestNameThatIsNotFoundIsExplained(t *testing.T) {
	t.Parallel()
	client, _ := newClient(t, "http://manage.office.com.invalid")
	_, err := client.List(t.Context(), normalize.AuditGeneral, testNow, testNow)
	e := refusedWith(t, err, Retry)
	assert.Contains(t, e.Advice(), "name servers")
}
