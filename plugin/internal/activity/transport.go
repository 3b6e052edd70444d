package activity

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"office365/plugin/internal/config"
)

const (
	connectTimeout   = 15 * time.Second
	handshakeTimeout = 15 * time.Second
	idleConnTimeout  = 90 * time.Second
	pingAfter        = 30 * time.Second // of silence on an HTTP/2 connection with requests under way
	pingTimeout      = 15 * time.Second
	headerBytes      = 256 << 10

	// One stream gets 10 MB/s at 50 ms; eight of them that nobody reads hold 4 MB.
	streamBuffer     = 512 << 10
	connectionBuffer = 4 << 20
)

// NewHTTPClient makes the HTTP client of an instance, for the API and for the
// token endpoint: proxy, additional CA certificates, TLS 1.2 or newer, HTTP/2
// where the server has it. Connecting, the TLS handshake and the wait for the
// first byte (the setting timeout) have each their own limit; a body has none
// as a whole, see ErrTrickle. Redirects are not followed: the token would go
// with them. The error names the setting that is wrong.
func NewHTTPClient(s config.Settings) (*http.Client, error) {
	proxy, err := proxyFunc(s.Proxy)
	if err != nil {
		return nil, err
	}
	roots, err := rootCAs(s.CAFile)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second}
	transport := &http.Transport{
		Proxy:       proxy,
		DialContext: dialer.DialContext,
		TLSClientConfig: &tls.Config{
			MinVersion:         tls.VersionTLS12,
			RootCAs:            roots,
			InsecureSkipVerify: !s.TLSVerify, //nolint:gosec // the setting tls_verify, which warns
		},
		TLSHandshakeTimeout:    handshakeTimeout,
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

// proxyFunc takes the setting proxy, or the environment without it.
func proxyFunc(setting string) (func(*http.Request) (*url.URL, error), error) {
	if setting == "" {
		return http.ProxyFromEnvironment, nil
	}
	u, err := url.Parse(setting)
	if err != nil || u.Host == "" {
		return nil, errors.New("proxy is not a URL; write one such as http://proxy.example.com:3128") // err may hold a password
	}
	return http.ProxyURL(u), nil
}

// proxyError is the refusal of a proxy to connect. Package auth meets it too.
type proxyError int // status

func (e proxyError) Error() string {
	return "the proxy answers " + strconv.Itoa(int(e)) + " " + http.StatusText(int(e))
}

func (e proxyError) row() *Row { return rowOfStatus(int(e)) }

// Configuration, Advice and Delay are those of tokenError.
func (e proxyError) Configuration() bool { return e.row().Class == Configuration }

func (e proxyError) Advice() string { return e.row().Advice }

func (proxyError) Delay() time.Duration { return 0 }

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
