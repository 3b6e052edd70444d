package auth

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"office365/plugin/internal/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testTenant    = "0aa0aaaa-1111-2222-3333-444455556666"
	testClient    = "11111111-2222-3333-4444-555555555555"
	testSecret    = "p8Q~s3cret/with+odd=characters&more"
	testAuthority = "https://login.example.com"
	testAPI       = "https://manage.office.com"
)

func settings() config.Settings {
	return config.Settings{
		TenantID: testTenant, ClientID: testClient, ClientSecret: testSecret,
		AuthMethod: config.AuthSecret, Authority: testAuthority, APIURL: testAPI,
		TLSVerify: true, Timeout: time.Minute,
	}
}

// endpoint is the token endpoint as a transport: no network, so that it works
// inside of a synctest bubble.
type endpoint struct {
	mu     sync.Mutex
	asked  []*http.Request
	forms  []url.Values
	answer func(n int, r *http.Request) (*http.Response, error)
}

func (e *endpoint) RoundTrip(r *http.Request) (*http.Response, error) {
	body := r.Body
	if body == nil { // of a GET
		body = http.NoBody
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(text))
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	e.asked = append(e.asked, r)
	e.forms = append(e.forms, form)
	n := len(e.asked)
	e.mu.Unlock()
	return e.answer(n, r)
}

func (e *endpoint) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.asked)
}

// reply is an answer of the endpoint.
func reply(status int, body string, headers ...string) (*http.Response, error) {
	h := http.Header{}
	for i := 0; i < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}, nil
}

// issue is an answer with the nth token.
func issue(n int, life time.Duration) (*http.Response, error) {
	return reply(200, fmt.Sprintf(`{"token_type":"Bearer","expires_in":%d,"ext_expires_in":3599,"access_token":"token-%d"}`, int(life.Seconds()), n))
}

// issuing answers every request with a new token of this life.
func issuing(life time.Duration) *endpoint {
	return &endpoint{answer: func(n int, _ *http.Request) (*http.Response, error) { return issue(n, life) }}
}

// failing answers every request alike.
func failing(status int, body string, headers ...string) *endpoint {
	return &endpoint{answer: func(int, *http.Request) (*http.Response, error) { return reply(status, body, headers...) }}
}

func newSource(t *testing.T, e *endpoint) *Source {
	t.Helper()
	s, err := New(settings(), &http.Client{Transport: e}, time.Now)
	require.NoError(t, err)
	return s
}

func mustToken(t *testing.T, s *Source) string {
	t.Helper()
	token, err := s.Token(t.Context())
	require.NoError(t, err)
	return token
}

func wait(d time.Duration) { <-time.After(d) }

// held is an answer that waits for go, or for the end of the request.
func held(r *http.Request, release <-chan struct{}) error {
	select {
	case <-release:
		return nil
	case <-r.Context().Done():
		return context.Cause(r.Context())
	}
}

// ecKey is a key of the kind that Entra ID does not take.
func ecKey(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalECPrivateKey(key)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
}
