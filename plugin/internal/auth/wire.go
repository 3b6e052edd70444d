package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/cache"
)

// tokenBytes bounds an answer of the token endpoint; a token has 2 KB, with many
// roles 10 KB.
const tokenBytes = 1 << 20

// wire stands between MSAL and the HTTP client. It notes what came over the
// wire, because MSAL turns lifetimes into times of the wall clock and puts
// answers, whole, into its errors. And it answers MSAL's question for the
// endpoints of the authority itself: the answer is the same in every cloud,
// asking costs a request and can fail, and behind an authority that is a
// company's own gateway the answer would lead past the gateway.
type wire struct {
	client    *http.Client
	authority string // <authority>/<tenant>; "" for a managed identity, which has none
}

func newWire(hc *http.Client, authority string) *wire {
	return &wire{client: hc, authority: authority}
}

// exchange is the last request of the token endpoint, as it was on the wire.
type exchange struct {
	status int // 0: no answer
	header http.Header
	body   []byte
	err    error // of the transport
}

type exchangeKey struct{}

func withExchange(ctx context.Context, x *exchange) context.Context {
	return context.WithValue(ctx, exchangeKey{}, x)
}

// exchangeOf is nil for a context without one.
func exchangeOf(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange) // nothing else has the key
	return x
}

// ConfigureClient lets MSAL pin the certificate of Service Fabric's identity
// endpoint. It is called once, before any request.
func (w *wire) ConfigureClient(augment func(*http.Client) (*http.Client, error)) error {
	client, err := augment(w.client)
	if err != nil {
		return err
	}
	w.client = client
	return nil
}

// Do is what MSAL calls.
func (w *wire) Do(req *http.Request) (*http.Response, error) {
	if strings.HasSuffix(req.URL.Path, "/.well-known/openid-configuration") {
		return w.endpoints(req), nil
	}
	x := exchangeOf(req.Context())
	if x == nil {
		return nil, errors.New("a request outside of an exchange")
	}
	*x = exchange{} // the last one counts
	resp, err := w.client.Do(req)
	if err != nil {
		x.err = err
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // read to its end, or has failed for a better reason
	x.status, x.header = resp.StatusCode, resp.Header
	x.body, err = io.ReadAll(io.LimitReader(resp.Body, tokenBytes))
	if err != nil {
		x.status, x.err = 0, err
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(x.body))
	return resp, nil
}

// CloseIdleConnections belongs to MSAL's interface; MSAL never calls it.
func (w *wire) CloseIdleConnections() { w.client.CloseIdleConnections() }

// endpoints is what the authority itself would say: Microsoft Learn, "OpenID
// Connect on the Microsoft identity platform", of every cloud.
func (w *wire) endpoints(req *http.Request) *http.Response {
	text := fmt.Sprintf(`{"issuer":%[1]q,"authorization_endpoint":%[2]q,"token_endpoint":%[3]q}`,
		w.authority+"/v2.0", w.authority+"/oauth2/v2.0/authorize", w.authority+"/oauth2/v2.0/token")
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:  http.Header{"Content-Type": {"application/json"}},
		Body:    io.NopCloser(strings.NewReader(text)),
		Request: req,
	}
}

// life returns how long the token of this answer lives: expires_in, a number or
// a text; the end that the old endpoint names, on the server's own clock.
func (x *exchange) life() time.Duration {
	var answer struct {
		ExpiresIn json.RawMessage `json:"expires_in"`
		ExpiresOn json.RawMessage `json:"expires_on"`
	}
	if json.Unmarshal(x.body, &answer) != nil {
		return unknownLife
	}
	if seconds, ok := number(answer.ExpiresIn); ok {
		return max(time.Duration(seconds)*time.Second, time.Second)
	}
	end, ok := number(answer.ExpiresOn)
	date, err := http.ParseTime(x.header.Get("Date"))
	if !ok || err != nil {
		return unknownLife
	}
	return max(time.Unix(end, 0).Sub(date), time.Second)
}

func number(raw json.RawMessage) (int64, bool) {
	n, err := strconv.ParseInt(strings.Trim(string(raw), `"`), 10, 64)
	return n, err == nil && n < 1e10 // a duration of more would overflow
}

// emptyCache makes MSAL keep nothing: before each look into its own cache, MSAL
// lets an external one replace the content.
type emptyCache struct{}

// Replace is called before MSAL reads its cache.
func (emptyCache) Replace(_ context.Context, c cache.Unmarshaler, _ cache.ReplaceHints) error {
	return c.Unmarshal([]byte("{}"))
}

// Export is called after MSAL has written to its cache.
func (emptyCache) Export(context.Context, cache.Marshaler, cache.ExportHints) error { return nil }
