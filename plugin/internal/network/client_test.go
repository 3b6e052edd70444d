package network

import (
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"office365/plugin/internal/config"
	"office365/tests/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// with returns settings that work, changed.
func with(change func(*config.Settings)) config.Settings {
	s := config.Settings{TLSVerify: true, Timeout: 10 * time.Second, FetchWorkers: 8}
	change(&s)
	return s
}

// secure starts a TLS server that answers with its protocol.
func secure(t *testing.T, change func(*httptest.Server)) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto)
	}))
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	change(s)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// caFile writes certificates as one PEM file.
func caFile(t *testing.T, certificates ...[]byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(path, bytes.Join(certificates, nil), 0o600))
	return path
}

func certificateOf(s *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

// get asks with a client of the settings and returns the answer's body.
func get(t *testing.T, s config.Settings, address string) (string, error) {
	t.Helper()
	return getWithin(t, s, defaultLimits, address)
}

func getWithin(t *testing.T, s config.Settings, l limits, address string) (string, error) {
	t.Helper()
	hc, err := newClient(s, l)
	require.NoError(t, err)
	t.Cleanup(hc.CloseIdleConnections)
	resp, err := hc.Get(address)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, resp.Body.Close())
	return string(text), err
}

func TestCAFileIsTrustedBesideTheSystem(t *testing.T) {
	t.Parallel()
	s := secure(t, func(*httptest.Server) {})
	proto, err := get(t, with(func(c *config.Settings) { c.CAFile = caFile(t, certificateOf(s)) }), s.URL)
	require.NoError(t, err)
	assert.Equal(t, "HTTP/2.0", proto)
}

func TestHTTP1ServerIsServed(t *testing.T) {
	t.Parallel()
	s := secure(t, func(s *httptest.Server) { s.EnableHTTP2 = false })
	proto, err := get(t, with(func(c *config.Settings) { c.CAFile = caFile(t, certificateOf(s)) }), s.URL)
	require.NoError(t, err)
	assert.Equal(t, "HTTP/1.1", proto)
}

func TestVerificationCanBeTurnedOff(t *testing.T) {
	t.Parallel()
	s := secure(t, func(*httptest.Server) {})
	_, err := get(t, with(func(c *config.Settings) { c.TLSVerify = false }), s.URL)
	require.NoError(t, err)
}

func TestUnknownCertificateIsRefused(t *testing.T) {
	t.Parallel()
	s := secure(t, func(*httptest.Server) {})
	_, err := get(t, with(func(*config.Settings) {}), s.URL)
	require.Error(t, err)
	f := Explain(err)
	assert.True(t, f.Configuration)
	assert.Equal(t, adviceCA, f.Advice)
	assert.Equal(t, "tls: failed to verify certificate: x509: certificate signed by unknown authority", f.Message)
}

func TestCertificateForAnotherNameIsRefused(t *testing.T) {
	t.Parallel()
	s := secure(t, func(*httptest.Server) {})
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	require.NoError(t, err)
	_, err = get(t, with(func(c *config.Settings) { c.CAFile = caFile(t, certificateOf(s)) }), "https://localhost:"+port)
	require.Error(t, err)
	assert.Equal(t, adviceName, Explain(err).Advice)
}

func TestOldTLSIsRefusedInOneSentence(t *testing.T) {
	t.Parallel()
	for name, version := range map[string]uint16{"TLS 1.0": tls.VersionTLS10, "TLS 1.1": tls.VersionTLS11, "TLS 1.2": tls.VersionTLS12} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := secure(t, func(s *httptest.Server) {
				s.TLS = &tls.Config{MaxVersion: version, MinVersion: tls.VersionTLS10}
			})
			_, err := get(t, with(func(c *config.Settings) { c.TLSVerify = false }), s.URL)
			if version >= tls.VersionTLS12 {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			assert.Equal(t, Failure{"the server speaks only TLS 1.1 or older, and nothing below TLS 1.2 is used", adviceOldTLS, true}, Explain(err))
		})
	}
}

func TestServerThatInsistsOnOldTLSIsExplainedAlike(t *testing.T) {
	t.Parallel()
	// What crypto/tls says of a server that chooses a version that was not offered.
	f := Explain(errors.New("tls: server selected unsupported protocol version 302"))
	assert.Equal(t, adviceOldTLS, f.Advice)
}

func TestServerWithoutTLSIsExplained(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(s.Close)
	_, err := get(t, with(func(*config.Settings) {}), "https://"+s.Listener.Addr().String())
	require.Error(t, err)
	f := Explain(err)
	assert.Equal(t, adviceNoTLS, f.Advice)
	assert.True(t, f.Configuration)
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	s := secure(t, func(s *httptest.Server) {
		s.Config.Handler = http.RedirectHandler("https://elsewhere.invalid/", http.StatusFound)
	})
	_, err := get(t, with(func(c *config.Settings) { c.TLSVerify = false }), s.URL)
	require.NoError(t, err)
}

// full is an address whose queue of connections is full: a further one is not
// taken, as behind a firewall that drops.
func full(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, syscall.Close(fd)) })
	require.NoError(t, syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	require.NoError(t, syscall.Listen(fd, 0))
	name, err := syscall.Getsockname(fd)
	require.NoError(t, err)
	bound, ok := name.(*syscall.SockaddrInet4)
	require.True(t, ok)
	address := (&net.TCPAddr{IP: bound.Addr[:], Port: bound.Port}).String()
	for range 8 {
		c, err := net.DialTimeout("tcp", address, 100*time.Millisecond)
		if err != nil {
			return address
		}
		t.Cleanup(func() { assert.NoError(t, c.Close()) })
	}
	t.Skip("this system takes connections beyond the queue of a listener: no connection hangs")
	return ""
}

func TestConnectingHasALimit(t *testing.T) {
	t.Parallel()
	_, err := getWithin(t, with(func(*config.Settings) {}), limits{50 * time.Millisecond, time.Minute}, "https://"+full(t))
	require.Error(t, err)
	f := Explain(err)
	assert.Equal(t, adviceFirewall, f.Advice)
	assert.False(t, f.Configuration, "it may pass")
	assert.Contains(t, f.Message, "i/o timeout")
}

// silent takes connections and says nothing.
func silent(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var taken sync.WaitGroup
	taken.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			taken.Go(func() {
				_, _ = io.Copy(io.Discard, c) // until the other side gives up
				_ = c.Close()
			})
		}
	})
	t.Cleanup(func() {
		assert.NoError(t, l.Close())
		taken.Wait()
	})
	return l.Addr().String()
}

func TestTLSHandshakeHasALimit(t *testing.T) {
	t.Parallel()
	_, err := getWithin(t, with(func(*config.Settings) {}), limits{time.Minute, 50 * time.Millisecond}, "https://"+silent(t))
	require.Error(t, err)
	assert.Equal(t, Failure{"net/http: TLS handshake timeout", adviceSilence, false}, Explain(err))
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
			_, err := get(t, with(func(c *config.Settings) { c.TLSVerify, c.Timeout = false, 50*time.Millisecond }), s.URL)
			require.Error(t, err)
			f := Explain(err)
			assert.Equal(t, adviceSlow, f.Advice)
			assert.Contains(t, f.Message, "timeout awaiting response headers")
		})
	}
}

func TestWhatDoesNotListenIsExplained(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	_, err = get(t, with(func(*config.Settings) {}), "https://"+l.Addr().String())
	require.Error(t, err)
	assert.Equal(t, adviceRefused, Explain(err).Advice)
}

func TestNameThatIsNotFoundIsExplained(t *testing.T) {
	t.Parallel()
	_, err := get(t, with(func(*config.Settings) {}), "https://manage.office.com.invalid/?nextPage=secret")
	require.Error(t, err)
	f := Explain(err)
	assert.Equal(t, adviceDNS, f.Advice)
	assert.NotContains(t, f.Message, "secret")
}

func TestServersAreReachedOverIPv6(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp6", "[::1]:0")
	if err != nil {
		t.Skip("this machine has no IPv6 loopback:", err)
	}
	s := secure(t, func(s *httptest.Server) {
		assert.NoError(t, s.Listener.Close())
		s.Listener = l
	})
	require.True(t, strings.HasPrefix(s.URL, "https://[::1]:"), s.URL)
	proto, err := get(t, with(func(c *config.Settings) { c.CAFile = caFile(t, certificateOf(s)) }), s.URL)
	require.NoError(t, err)
	assert.Equal(t, "HTTP/2.0", proto)
}

// startProxy starts a proxy, and returns a URL with its user where there is one.
func startProxy(t *testing.T, o simulator.ProxyOptions, user *url.Userinfo) (address string, proxy *simulator.Proxy) {
	t.Helper()
	proxy, err := simulator.StartProxy(o)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, proxy.Close()) })
	u, err := url.Parse(proxy.URL)
	require.NoError(t, err)
	u.User = user
	return u.String(), proxy
}

func TestRequestsGoThroughTheProxy(t *testing.T) {
	t.Parallel()
	s := secure(t, func(*httptest.Server) {})
	to := s.Listener.Addr().String()
	joe := url.UserPassword("joe", "p@ss/word")
	for name, o := range map[string]simulator.ProxyOptions{
		"open":            {To: to},
		"with a password": {To: to, User: "joe", Password: "p@ss/word"},
		"over TLS":        {To: to, User: "joe", Password: "p@ss/word", TLS: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, proxy := startProxy(t, o, joe)
			proto, err := get(t, with(func(c *config.Settings) {
				c.Proxy, c.CAFile = address, caFile(t, certificateOf(s), proxy.CAPEM)
			}), "https://example.com") // a name in the certificate of httptest, and another host's
			require.NoError(t, err)
			assert.Equal(t, "HTTP/2.0", proto)
		})
	}
}

func TestProxyThatRefusesIsExplained(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		o    simulator.ProxyOptions
		want Failure
	}{
		"a password": {
			simulator.ProxyOptions{User: "joe", Password: "hunter3"},
			Failure{"the proxy answers 407 Proxy Authentication Required", "put the user and password that the proxy wants into proxy (or HTTPS_PROXY): http://user:password@host:port, with signs such as @ : / written %40 %3A %2F", true},
		},
		"no way": {
			simulator.ProxyOptions{To: "127.0.0.1:1"},
			Failure{"the proxy answers 502 Bad Gateway", "see why the proxy cannot reach the hosts of authority and api_url", false},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, _ := startProxy(t, tt.o, url.UserPassword("joe", "hunter2"))
			_, err := get(t, with(func(c *config.Settings) { c.Proxy = address }), "https://manage.office.com.invalid")
			require.Error(t, err)
			assert.Equal(t, tt.want, Explain(err))
			assert.NotContains(t, err.Error(), "hunter")
		})
	}
}

func TestEveryRefusalOfAProxyHasItsAdvice(t *testing.T) {
	t.Parallel()
	for status, want := range map[proxyError]struct {
		advice        string
		configuration bool
	}{
		403: {"have the proxy let this machine connect", true},
		405: {"name a proxy that tunnels", true},
		418: {"ask who runs it", true},
		504: {"see why the proxy cannot reach", false},
	} {
		f := Explain(&net.OpError{Op: "proxyconnect", Net: "tcp", Err: status})
		assert.Contains(t, f.Advice, want.advice)
		assert.Equal(t, want.configuration, f.Configuration, int(status))
	}
}

func TestProxyThatIsNotThereIsExplained(t *testing.T) {
	t.Parallel()
	_, err := get(t, with(func(c *config.Settings) { c.Proxy = "http://joe:hunter2@127.0.0.1:1" }), "https://manage.office.com.invalid")
	require.Error(t, err)
	f := Explain(err)
	assert.Equal(t, adviceRefused, f.Advice)
	assert.NotContains(t, f.Message, "hunter2")
}

func TestDirectClientGoesThroughNoProxy(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "here") }))
	t.Cleanup(s.Close)
	hc, err := NewClient(with(func(c *config.Settings) { c.Proxy = "http://127.0.0.1:1" }))
	require.NoError(t, err)
	resp, err := Direct(hc).Get(s.URL)
	require.NoError(t, err)
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, "here", string(text))
	_, err = hc.Get(s.URL)
	assert.Error(t, err, "the client itself still does")
}

// net/http looks at the environment once a process: one test sees one value.
func TestEnvironmentThatNamesNoProxyIsRefusedWithoutItsPassword(t *testing.T) {
	if os.Getenv("OFFICE365_TEST_CHILD") == "" {
		inChild(t, "HTTPS_PROXY=http://joe:hun%ter2@proxy:3128")
		return
	}
	_, err := NewClient(with(func(c *config.Settings) { c.APIURL = "https://manage.office.com" }))
	require.EqualError(t, err, "HTTPS_PROXY in the environment is not a URL; write one such as http://proxy.example.com:3128")
}

func TestEnvironmentNamesTheProxyAndWhatGoesPastIt(t *testing.T) {
	if os.Getenv("OFFICE365_TEST_CHILD") == "" {
		inChild(t, "HTTPS_PROXY=http://joe:hunter2@proxy.example:3128", "NO_PROXY=login.microsoftonline.us,.apps.mil")
		return
	}
	hc, err := NewClient(with(func(c *config.Settings) { c.APIURL = "https://manage.office.com" }))
	require.NoError(t, err)
	transport, ok := hc.Transport.(*http.Transport)
	require.True(t, ok)
	for host, want := range map[string]string{
		"manage.office.com": "proxy.example:3128", "login.microsoftonline.us": "", "manage.protection.apps.mil": "", "127.0.0.1": "",
	} {
		u, err := transport.Proxy(&http.Request{URL: &url.URL{Scheme: "https", Host: host}})
		require.NoError(t, err)
		if want == "" {
			assert.Nil(t, u, host)
			continue
		}
		assert.Equal(t, want, u.Host)
	}
}

// inChild runs the test that calls it in a process of its own, with these
// variables.
func inChild(t *testing.T, variables ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	command.Env = append(os.Environ(), append(variables, "OFFICE365_TEST_CHILD=1")...)
	output, err := command.CombinedOutput()
	require.NoError(t, err, "%s", output)
	require.Contains(t, string(output), "--- PASS: "+t.Name())
}

func TestWrongSettingsAreNamed(t *testing.T) {
	t.Parallel()
	empty := caFile(t, []byte("no certificate"))
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
			_, err := NewClient(c.settings)
			require.EqualError(t, err, c.want)
		})
	}
}
