// Package network makes the HTTP client of an instance, for the API and for the
// token endpoint, and explains why a request got no answer.
//
// The client goes through the proxy of the setting `proxy`, or of the
// environment without it. It trusts the CA certificates of ca_file beside those of
// the system, speaks TLS 1.2 or newer, and HTTP/2 where the server offers it.
// Connecting, the TLS handshake and the wait for the first byte of an answer have
// each their own limit; a body has none as a whole (package activity watches it).
// Redirects are not followed: the token would go with them.
//
// Explain says of an error of the client what it means, whether only a person can
// mend it, and what to do. Nothing in this package repeats the address of a proxy,
// which may hold a password.
package network

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"office365/plugin/internal/config"
)

const (
	idleConnTimeout = 90 * time.Second
	pingAfter       = 30 * time.Second // of silence on an HTTP/2 connection with requests under way
	pingTimeout     = 15 * time.Second
	headerBytes     = 256 << 10

	// One stream gets 10 MB/s at 50 ms; eight of them that nobody reads hold 4 MB.
	streamBuffer     = 512 << 10
	connectionBuffer = 4 << 20
)

// limits are how long the steps before a request may take.
type limits struct{ connect, handshake time.Duration }

var defaultLimits = limits{connect: 15 * time.Second, handshake: 15 * time.Second}

// NewClient makes the client. An error names the setting that is wrong.
func NewClient(s config.Settings) (*http.Client, error) { return newClient(s, defaultLimits) }

func newClient(s config.Settings, l limits) (*http.Client, error) {
	proxy, err := proxyFunc(s)
	if err != nil {
		return nil, err
	}
	roots, err := rootCAs(s.CAFile)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: l.connect, KeepAlive: 30 * time.Second}
	transport := &http.Transport{
		Proxy:       proxy,
		DialContext: dialer.DialContext,
		TLSClientConfig: &tls.Config{
			MinVersion:         tls.VersionTLS12,
			RootCAs:            roots,
			InsecureSkipVerify: !s.TLSVerify, //nolint:gosec // the setting tls_verify, which warns
		},
		TLSHandshakeTimeout:    l.handshake,
		ResponseHeaderTimeout:  s.Timeout,
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    s.FetchWorkers + 8, // the workers, five listings, some for the token
		IdleConnTimeout:        idleConnTimeout,
		OnProxyConnectResponse: proxyAnswer,
		MaxResponseHeaderBytes: headerBytes,
		HTTP2: &http.HTTP2Config{
			SendPingTimeout:               pingAfter,
			PingTimeout:                   pingTimeout,
			MaxReceiveBufferPerStream:     streamBuffer,
			MaxReceiveBufferPerConnection: connectionBuffer,
		},
	}
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// Direct returns a client like hc that goes through no proxy and keeps no
// connection, for what is on this machine or its link: no proxy could reach it,
// and it is asked once an hour. A transport that is not net/http's own is kept.
func Direct(hc *http.Client) *http.Client {
	direct := *hc
	if t, ok := hc.Transport.(*http.Transport); ok {
		t = t.Clone()
		t.Proxy, t.DisableKeepAlives = nil, true
		direct.Transport = t
	}
	return &direct
}

// proxyFunc takes the setting proxy, or the environment without it.
func proxyFunc(s config.Settings) (func(*http.Request) (*url.URL, error), error) {
	if s.Proxy == "" {
		return http.ProxyFromEnvironment, checkEnvironment()
	}
	u, err := url.Parse(s.Proxy)
	if err != nil || u.Host == "" {
		return nil, errors.New("proxy is not a URL; write one such as http://proxy.example.com:3128") // err may hold a password
	}
	return http.ProxyURL(u), nil
}

// checkEnvironment refuses a proxy of the environment that is not a URL: net/http
// would leave it out without a word.
func checkEnvironment() error {
	value := cmp.Or(os.Getenv("HTTPS_PROXY"), os.Getenv("https_proxy"))
	if !strings.Contains(value, "://") {
		value = "http://" + value // as net/http does
	}
	if _, err := url.Parse(value); err != nil { // err may hold a password
		return errors.New("HTTPS_PROXY in the environment is not a URL; write one such as http://proxy.example.com:3128")
	}
	return nil
}

// proxyAnswer keeps the status, which net/http would turn into text.
func proxyAnswer(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode != http.StatusOK {
		return proxyError(resp.StatusCode)
	}
	return nil
}

// rootCAs returns the system's certificates with those of file added; nil, which
// means the system's, without a file.
func rootCAs(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file) //nolint:gosec // the file that the setting names
	if err != nil {
		return nil, fmt.Errorf("ca_file %s cannot be read; name a PEM file that the user of Fluent Bit may read (%w)", file, err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil { // a container without certificates
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("ca_file %s holds no certificate in PEM form", file)
	}
	return pool, nil
}
