package activity

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/normalize"
)

// calls are all the requests that a Client can make.
func calls() map[string]func(context.Context, *Client) error {
	return map[string]func(context.Context, *Client) error{
		"list subscriptions": func(ctx context.Context, c *Client) error {
			_, err := c.Subscriptions(ctx)
			return err
		},
		"start DLP.All": func(ctx context.Context, c *Client) error { return c.Start(ctx, normalize.DLPAll) },
		"stop DLP.All":  func(ctx context.Context, c *Client) error { return c.Stop(ctx, normalize.DLPAll) },
		"list DLP.All": func(ctx context.Context, c *Client) error {
			_, err := c.List(ctx, normalize.DLPAll, testNow.Add(-time.Hour), testNow)
			return err
		},
		"content DLP.All a$b": func(ctx context.Context, c *Client) error {
			body, err := c.Content(ctx, normalize.DLPAll, "a$b")
			if err != nil {
				return err
			}
			return body.Close()
		},
	}
}

func TestEveryRequestIsComplete(t *testing.T) {
	t.Parallel()
	want := map[string]struct{ method, uri string }{
		"list subscriptions":  {"GET", "/subscriptions/list?PublisherIdentifier=" + testPublisher},
		"start DLP.All":       {"POST", "/subscriptions/start?contentType=DLP.All&PublisherIdentifier=" + testPublisher},
		"stop DLP.All":        {"POST", "/subscriptions/stop?contentType=DLP.All&PublisherIdentifier=" + testPublisher},
		"list DLP.All":        {"GET", "/subscriptions/content?contentType=DLP.All&startTime=2026-03-02T09:30:00&endTime=2026-03-02T10:30:00&PublisherIdentifier=" + testPublisher},
		"content DLP.All a$b": {"GET", "/audit/a$b?PublisherIdentifier=" + testPublisher},
	}
	for op, call := range calls() {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			s := newService(t, answering(200, "[]"))
			client, _ := newClient(t, s.URL)
			require.NoError(t, call(t.Context(), client))
			require.Len(t, s.requests(), 1)
			got := s.requests()[0]
			assert.Equal(t, want[op].method, got.method)
			assert.Equal(t, testFeed+want[op].uri, got.uri)
			assert.Equal(t, "Bearer "+testToken, got.header.Get("Authorization"))
			assert.Equal(t, "gzip", got.header.Get("Accept-Encoding"))
			assert.Equal(t, userAgent, got.header.Get("User-Agent"))
			assert.Zero(t, got.length)
			if got.method == http.MethodPost {
				assert.Equal(t, "0", got.header.Get("Content-Length"))
			}
		})
	}
}

func TestRefusedTokenIsReplacedOnce(t *testing.T) {
	t.Parallel()
	for op, call := range calls() {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			s := newService(t, func(n int, w http.ResponseWriter, r *http.Request) {
				if n == 1 {
					answering(401, `{"Message":"Authorization has been denied for this request."}`)(n, w, r)
					return
				}
				answering(200, "[]")(n, w, r)
			})
			client, source := newClient(t, s.URL)
			require.NoError(t, call(t.Context(), client))
			require.Len(t, s.requests(), 2)
			assert.Equal(t, "Bearer "+testToken+"2", s.requests()[1].header.Get("Authorization"))
			assert.Equal(t, s.requests()[0].uri, s.requests()[1].uri)
			assert.Equal(t, []string{testToken}, source.refused)
		})
	}
}

func TestTokenThatIsRefusedTwiceIsTheCallersToWaitFor(t *testing.T) {
	t.Parallel()
	for op, call := range calls() {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			s := newService(t, answering(401, ""))
			client, _ := newClient(t, s.URL)
			e := refusedWith(t, call(t.Context(), client), Reauthenticate)
			assert.Equal(t, op+": 401: the token was refused", e.Error())
			assert.Len(t, s.requests(), 2)
		})
	}
}

func TestSameTokenIsNotSentAgainAfterA401(t *testing.T) {
	t.Parallel()
	s := newService(t, answering(401, ""))
	client, source := newClient(t, s.URL)
	source.serve = source.serve[:1]
	_, err := client.Subscriptions(t.Context())
	assertRefused(t, err, Reauthenticate)
	assert.Len(t, s.requests(), 1)
}

func TestMissingPermissionDropsTheTokenAndDoesNotLoop(t *testing.T) {
	t.Parallel()
	s := newService(t, answering(401, `{"error":{"code":"AF10001","message":"The permission set () sent in the request does not include the expected permission."}}`))
	client, source := newClient(t, s.URL)
	_, err := client.List(t.Context(), normalize.DLPAll, testNow.Add(-time.Hour), testNow)
	e := refusedWith(t, err, Configuration)
	assert.Contains(t, e.Advice(), "ActivityFeed.Read")
	assert.Len(t, s.requests(), 1)
	assert.Equal(t, []string{testToken}, source.refused)
}

func TestOtherRefusalsKeepTheToken(t *testing.T) {
	t.Parallel()
	s := newService(t, answering(403, `{"error":{"code":"AF429","message":"Too many requests."}}`))
	client, source := newClient(t, s.URL)
	_, err := client.Subscriptions(t.Context())
	assertRefused(t, err, Throttle)
	assert.Empty(t, source.refused)
	assert.Len(t, s.requests(), 1)
}

func TestTokenErrorAfterA401IsWhatIsReported(t *testing.T) {
	t.Parallel()
	s := newService(t, answering(401, ""))
	client, source := newClient(t, s.URL)
	source.err = tokenTestError{configuration: true}
	_, err := client.Subscriptions(t.Context())
	assertRefused(t, err, Configuration)
	assert.Len(t, s.requests(), 1)
}

// waiter counts and can refuse.
type waiter struct {
	waits atomic.Int64
	err   error
}

func (w *waiter) Wait(context.Context) error {
	w.waits.Add(1)
	return w.err
}

func TestEveryRequestWaitsForTheQuota(t *testing.T) {
	t.Parallel()
	for op, call := range calls() {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			s := newService(t, answering(401, ""))
			quota := new(waiter)
			client, _ := newClient(t, s.URL, func(o *Options) { o.Quota = quota })
			require.Error(t, call(t.Context(), client))
			assert.EqualValues(t, 2, quota.waits.Load(), "the second try waits as well")
		})
	}
}

func TestNothingIsSentWithoutQuota(t *testing.T) {
	t.Parallel()
	s := newService(t, answering(200, "[]"))
	client, source := newClient(t, s.URL, func(o *Options) { o.Quota = &waiter{err: errTest} })
	_, err := client.Subscriptions(t.Context())
	require.ErrorIs(t, err, errTest)
	assertRefused(t, err, Retry)
	assert.Empty(t, s.requests())
	assert.Zero(t, source.calls, "the token is taken after the wait, so that it is fresh")
}

func TestCanceledCallSaysSo(t *testing.T) {
	t.Parallel()
	for op, call := range calls() {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			s := newService(t, func(_ int, _ http.ResponseWriter, r *http.Request) {
				cancel()
				<-r.Context().Done()
			})
			client, _ := newClient(t, s.URL)
			err := call(ctx, client)
			require.ErrorIs(t, err, context.Canceled)
			assert.Equal(t, op+": context canceled", err.Error())
		})
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	other := newService(t, answering(200, "[]"))
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := newService(t, answering(status, "", "Location", other.URL+"/login?secret=1"))
		client, source := newClient(t, s.URL)
		_, err := client.Subscriptions(t.Context())
		e := refusedWith(t, err, Retry)
		assert.Equal(t, "a redirect to 127.0.0.1 is not followed", e.Message)
		assert.Len(t, s.requests(), 1)
		assert.Empty(t, source.refused)
	}
	assert.Empty(t, other.requests())
}

func TestRootThatIsNoURLFailsEveryCall(t *testing.T) {
	t.Parallel()
	for op, call := range calls() {
		client, _ := newClient(t, "http://[::1")
		assertRefused(t, call(t.Context(), client), Retry)
		assert.NotEmpty(t, op)
	}
}

func TestRootMayHaveAPath(t *testing.T) {
	t.Parallel()
	s := newService(t, answering(200, "[]"))
	client, _ := newClient(t, s.URL+"/gateway/")
	_, err := client.Subscriptions(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "/gateway"+testFeed+"/subscriptions/list?PublisherIdentifier="+testPublisher, s.requests()[0].uri)
}
