package simulator_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/simulator"
)

func TestTheProxyTunnelsForThoseWhoKnowThePassword(t *testing.T) {
	t.Parallel()
	const name = "office.example:443" // which no name server knows
	sim := simulator.New(simulator.Options{Now: at(noon)})
	server := simulator.NewServerWith(t, simulator.ServerOptions{Handler: sim, Names: []string{"office.example"}})
	var (
		mu   sync.Mutex
		seen []string
	)
	proxy, err := simulator.StartProxy(simulator.ProxyOptions{
		User: "joe", Password: "hunter2", To: strings.TrimPrefix(server.URL, "https://"), TLS: true,
		Log: func(line string) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, line)
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, proxy.Close()) })

	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(server.CAPEM))
	require.True(t, roots.AppendCertsFromPEM(proxy.CAPEM))
	get := func(user *url.Userinfo) (*http.Response, error) {
		u, err := url.Parse(proxy.URL)
		require.NoError(t, err)
		u.User = user
		transport := &http.Transport{Proxy: http.ProxyURL(u), TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
		defer transport.CloseIdleConnections()
		return (&http.Client{Transport: transport}).Get("https://" + name + "/_sim/")
	}
	resp, err := get(url.UserPassword("joe", "hunter2"))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	for _, user := range []*url.Userinfo{nil, url.UserPassword("joe", "guess")} {
		_, err = get(user)
		require.ErrorContains(t, err, "Proxy Authentication Required")
	}
	mu.Lock()
	defer mu.Unlock()
	assert.Equal(t, []string{"CONNECT " + name + " 200", "CONNECT " + name + " 407", "CONNECT " + name + " 407"}, seen)
}

func TestTheProxySaysWhatItCannotDo(t *testing.T) {
	t.Parallel()
	proxy, err := simulator.StartProxy(simulator.ProxyOptions{To: "127.0.0.1:1"})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, proxy.Close()) })
	u, err := url.Parse(proxy.URL)
	require.NoError(t, err)
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(u), DisableKeepAlives: true}}
	_, err = client.Get("https://office.example/")
	require.ErrorContains(t, err, "Bad Gateway")
	resp, err := client.Get("http://office.example/")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode)
}
