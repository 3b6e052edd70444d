// Package activity is a client of the Office 365 Management Activity API for
// one tenant: subscriptions, the listing of available content, and content.
//
// A Client makes one request per call and decides nothing about time: windows,
// pauses, attempts and positions are its callers'. What it does take care of is
// the wire. Every request waits for the quota, carries a token, the
// PublisherIdentifier and nothing that leads elsewhere: the token goes to the
// configured API root and to no other host, whatever a link, a content id or a
// redirect says. A 401 is tried once more with a new token. Bodies are gunzipped
// and watched, so that one that trickles gives its worker back.
//
// Every error of a Client's methods, and of reading a body, is an *Error (find
// it with errors.As). Its Class says what to do and comes from one pure
// function, Decide, over one table (errors.go), which also holds what
// Microsoft means by each code and what we advise. Its text is one line without
// tokens, secrets or query strings. A context that is done shows through:
// errors.Is(err, context.Canceled) holds.
//
// The API's own habits that this package depends on: an error body is an object
// where a list was asked for; the start of a subscription that changes nothing
// is refused with AF20024, which is a success; throttling is a 403 with AF429;
// a link to the next page may name another version of the API, other letter
// case or no PublisherIdentifier; content ids hold a literal $ that must stay
// one. Listing answers are held in memory (at most 64 MB of text), content is
// streamed.
//
// A Client is safe for concurrent use.
package activity

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// userAgent names the plugin to Microsoft's support.
const userAgent = "fluent-bit-in-office365"

// defaultIdle is the longest silence of a body: a body without a byte, or under
// 1 KB/s, for a minute trickles (the project's design, section 3).
const defaultIdle = time.Minute

// TokenSource gives access tokens. Token is called for every request, so it
// answers from memory while a token lives. Invalidate says that the API refused
// token; the next Token may fetch a new one.
type TokenSource interface {
	Token(ctx context.Context) (string, error)
	Invalidate(token string)
}

// Waiter is the request quota; *rate.Limiter is one.
type Waiter interface {
	Wait(ctx context.Context) error
}

// Options say which tenant a Client asks, and with what.
type Options struct {
	BaseURL     string // API root, for example https://manage.office.com
	TenantID    string
	PublisherID string
	HTTP        *http.Client // from network.NewClient
	Tokens      TokenSource
	Quota       Waiter // nil: no quota
	Now         func() time.Time
	Idle        time.Duration // of a body, see ErrTrickle; 0: one minute
}

// Client asks the API for one tenant.
type Client struct {
	root      *url.URL
	feed      string // <root>/api/v1.0/<tenant>/activity/feed
	publisher string // PublisherIdentifier=<guid>
	http      *http.Client
	tokens    TokenSource
	quota     Waiter
	now       func() time.Time
	idle      time.Duration
	clock     clock
	counts    counts
	unzippers sync.Pool // of *unzipper
}

// New returns a Client. It does no I/O. The options are as config.Parse made
// them: a BaseURL that is no URL is not refused here, every request fails then.
func New(o Options) *Client {
	root, err := url.Parse(o.BaseURL)
	if err != nil {
		root = new(url.URL)
	}
	if o.Idle <= 0 {
		o.Idle = defaultIdle
	}
	return &Client{
		root:      root,
		feed:      strings.TrimRight(o.BaseURL, "/") + "/api/v1.0/" + url.PathEscape(o.TenantID) + "/activity/feed",
		publisher: publisherParameter + "=" + url.QueryEscape(o.PublisherID),
		http:      o.HTTP,
		tokens:    o.Tokens,
		quota:     o.Quota,
		now:       o.Now,
		idle:      o.Idle,
		counts:    counts{requests: newRequests()},
		unzippers: sync.Pool{New: func() any { return newUnzipper() }},
	}
}

const publisherParameter = "PublisherIdentifier"

// request is one call of the API; the operation names it in errors.
type request struct {
	kind    Operation
	op      string
	method  string
	address string
	content bool // a single content: a refusal concerns it alone
}

// answer is a response with a good status.
type answer struct {
	header http.Header
	body   *body
}

// do sends a request, and once more with a new token when the API refuses the
// first one's. The caller closes the answer's body.
func (c *Client) do(ctx context.Context, r request) (*answer, error) {
	a, used, err := c.send(ctx, r)
	var refused *Error
	if !errors.As(err, &refused) {
		return a, err
	}
	if refused.Status == http.StatusUnauthorized || refused.Code == codeNoPermission {
		c.tokens.Invalidate(used) // a consent given meanwhile shows in a new token only
	}
	if refused.class != Reauthenticate {
		return nil, err
	}
	fresh, tokenErr := c.tokens.Token(ctx)
	switch {
	case tokenErr != nil:
		return nil, failed(ctx, r.op, tokenErr)
	case fresh == used: // the source has no newer one yet: the answer would be the same
		return nil, err
	}
	a, _, err = c.send(ctx, r)
	return a, err
}

// send makes one request. It returns the token that it used, for Invalidate.
func (c *Client) send(ctx context.Context, r request) (*answer, string, error) {
	if c.quota != nil {
		if err := c.quota.Wait(ctx); err != nil {
			return nil, "", failed(ctx, r.op, err)
		}
	}
	token, err := c.tokens.Token(ctx)
	if err != nil {
		return nil, "", failed(ctx, r.op, err)
	}
	bodyCtx, cancel := context.WithCancelCause(ctx)
	req, err := c.newRequest(bodyCtx, r, token)
	if err != nil {
		cancel(nil)
		return nil, token, failed(ctx, r.op, err)
	}
	resp, err := c.http.Do(req) //nolint:bodyclose // newBody takes it over; its Close closes it
	if err != nil {
		cancel(nil)
		if ctx.Err() == nil {
			c.counts.request(r.kind, resultNoAnswer)
		}
		return nil, token, unanswered(ctx, r.op, err)
	}
	c.clock.observe(resp, c.now())
	b := c.newBody(ctx, r.op, resp, cancel)
	if resp.StatusCode/100 == 2 {
		c.counts.request(r.kind, resultOK)
		return &answer{header: resp.Header, body: b}, token, nil
	}
	defer b.discard()
	text, readErr := io.ReadAll(io.LimitReader(b, errorBodyBytes))
	if ctx.Err() != nil {
		return nil, token, failed(ctx, r.op, ctx.Err())
	}
	e := c.refusal(r, resp, string(text), token)
	c.counts.request(r.kind, resultOf(e.class))
	if readErr != nil {
		e.err = readErr
	}
	return nil, token, e
}

// errorBodyBytes bounds what is read of an error's body; the longest one seen,
// a .NET stack trace, has about 4 KB.
const errorBodyBytes = 16 << 10

func (c *Client) newRequest(ctx context.Context, r request, token string) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, r.address, http.NoBody)
	if err != nil {
		return nil, errors.New("the address is not a URL") // err holds the address with its query
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Accept-Encoding", "gzip") // set here: net/http then leaves the body as it came, see body.go
	req.Header.Set("User-Agent", userAgent)
	return req, nil
}

// address joins the feed's root with a path and query parameters that are
// encoded already, and adds the PublisherIdentifier.
func (c *Client) address(path string, parameters ...string) string {
	return c.feed + path + "?" + strings.Join(append(parameters, c.publisher), "&")
}

// wireTime is how the API takes a time: UTC, without a zone (a + of an offset
// that is not escaped becomes a space).
func wireTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05") }
