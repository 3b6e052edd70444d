package activity

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"office365/plugin/internal/config"
	"office365/plugin/internal/network"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testTenant    = "0aa0aaaa-1111-2222-3333-444455556666"
	testPublisher = "9f9f9f9f-1111-2222-3333-444455556666"
	testToken     = "eyJ0eXAiOiJKV1QifQ.eyJhdWQiOiJ4In0.c2lnbmF0dXJl-first"
	testFeed      = "/api/v1.0/" + testTenant + "/activity/feed"
)

var testNow = time.Date(2026, 3, 2, 10, 30, 0, 0, time.UTC)

// tokens is a TokenSource of a fixed sequence: each Invalidate of the present
// token goes on to the next, and the last one stays.
type tokens struct {
	mu      sync.Mutex
	serve   []string
	refused []string
	calls   int
	err     error // of the second and later calls, when set
}

func (s *tokens) Token(context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if s.calls > 1 && s.err != nil {
		return "", s.err
	}
	return s.serve[0], nil
}

func (s *tokens) Invalidate(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = append(s.refused, token)
	if token == s.serve[0] && len(s.serve) > 1 {
		s.serve = s.serve[1:]
	}
}

// sent is a request as it came over the wire.
type sent struct {
	method string
	uri    string // raw: path and query as they were written
	host   string
	length int64
	header http.Header
}

// service is a handler that keeps what it was asked.
type service struct {
	*httptest.Server

	mu   sync.Mutex
	sent []sent
}

func (s *service) requests() []sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]sent(nil), s.sent...)
}

// newService starts a server that answers with handle; its first argument
// counts the requests from 1.
func newService(t *testing.T, handle func(n int, w http.ResponseWriter, r *http.Request)) *service {
	t.Helper()
	s := new(service)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.sent = append(s.sent, sent{r.Method, r.RequestURI, r.Host, r.ContentLength, r.Header.Clone()})
		n := len(s.sent)
		s.mu.Unlock()
		handle(n, w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// settings are what network.NewClient needs.
func settings() config.Settings {
	return config.Settings{TLSVerify: true, Timeout: 10 * time.Second, FetchWorkers: 8}
}

// newClient returns a client of the server at baseURL, with a token source that
// has three tokens.
func newClient(t *testing.T, baseURL string, change ...func(*Options)) (*Client, *tokens) {
	t.Helper()
	hc, err := network.NewClient(settings())
	require.NoError(t, err)
	t.Cleanup(hc.CloseIdleConnections)
	source := &tokens{serve: []string{testToken, testToken + "2", testToken + "3"}}
	o := Options{
		BaseURL: baseURL, TenantID: testTenant, PublisherID: testPublisher,
		HTTP: hc, Tokens: source, Now: func() time.Time { return testNow },
	}
	for _, f := range change {
		f(&o)
	}
	return New(o), source
}

// answering returns a handler of one answer.
func answering(status int, body string, headers ...string) func(int, http.ResponseWriter, *http.Request) {
	return func(_ int, w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header()[headers[i]] = []string{headers[i+1]}
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body) // a client that has gone is the test's own
	}
}

// refusedWith checks that err is an *Error of the class, whose text is one line
// without the token, and returns it.
func refusedWith(t *testing.T, err error, class Class) *Error {
	t.Helper()
	var e *Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, class, e.Class(), "class of %v", err)
	assert.NotContains(t, err.Error(), "\n")
	assert.NotContains(t, err.Error(), "eyJ")
	assert.NotContains(t, err.Error(), publisherParameter)
	return e
}

// assertRefused is refusedWith for those who need no more.
func assertRefused(t *testing.T, err error, class Class) {
	t.Helper()
	assert.NotNil(t, refusedWith(t, err, class))
}

var errTest = errors.New("no quota today")
