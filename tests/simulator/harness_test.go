package simulator_test

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"office365/tests/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is when every test begins.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

// client talks to a simulator as a collector does, answer by answer.
type client struct {
	t      testing.TB
	sim    *simulator.Simulator
	server *simulator.Server
	http   *http.Client
	tenant string
	token  string
	header http.Header
}

// answer is what came back.
type answer struct {
	*http.Response
	body string
	err  error // of reading the body
}

func newClient(tb testing.TB, o simulator.Options) *client {
	tb.Helper()
	if o.Now == nil {
		o.Now = at(noon)
	}
	sim := simulator.New(o)
	return connect(tb, sim, simulator.NewServer(tb, sim))
}

func connect(tb testing.TB, sim *simulator.Simulator, server *simulator.Server) *client {
	tb.Helper()
	roots := x509.NewCertPool()
	require.True(tb, roots.AppendCertsFromPEM(server.CAPEM))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, DisableCompression: true}
	tb.Cleanup(transport.CloseIdleConnections)
	c := &client{
		t: tb, sim: sim, server: server, tenant: sim.Options().TenantID, header: http.Header{},
		http: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
	c.token = c.newToken()
	sim.ForgetRequests()
	return c
}

func (c *client) form(changes ...string) url.Values {
	o := c.sim.Options()
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {o.ClientID}, "client_secret": {o.ClientSecret},
		"scope": {c.server.URL + "/.default openid offline_access profile"},
	}
	for i := 0; i+1 < len(changes); i += 2 {
		form.Set(changes[i], changes[i+1])
		if changes[i+1] == "" {
			form.Del(changes[i])
		}
	}
	return form
}

func (c *client) postForm(path string, form url.Values) answer {
	c.t.Helper()
	req, err := http.NewRequest(http.MethodPost, c.server.URL+path, strings.NewReader(form.Encode()))
	require.NoError(c.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c.do(req)
}

func (c *client) newToken() string {
	c.t.Helper()
	a := c.postForm("/"+c.tenant+"/oauth2/v2.0/token", c.form())
	if a.StatusCode != http.StatusOK {
		return ""
	}
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if json.Unmarshal([]byte(a.body), &token) != nil {
		return ""
	}
	return token.AccessToken
}

func (c *client) do(req *http.Request) answer {
	c.t.Helper()
	maps.Copy(req.Header, c.header)
	resp, err := c.http.Do(req)
	require.NoError(c.t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(c.t, resp.Body.Close())
	return answer{resp, string(body), err}
}

// call sends a request with the token; path is absolute, or relative to the feed.
func (c *client) call(method, path string) answer {
	c.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = c.server.URL + path
	} else if !strings.HasPrefix(path, "https://") {
		path = c.server.URL + "/api/v1.0/" + c.tenant + "/activity/feed/" + path
	}
	req, err := http.NewRequest(method, path, nil)
	require.NoError(c.t, err)
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	return c.do(req)
}

func (c *client) get(path string) answer { c.t.Helper(); return c.call(http.MethodGet, path) }

func (c *client) start(ct simulator.ContentType) answer {
	c.t.Helper()
	return c.call(http.MethodPost, "subscriptions/start?contentType="+string(ct))
}

func (c *client) list(ct simulator.ContentType, from, to time.Time) answer {
	c.t.Helper()
	return c.get(listPath(ct, from, to))
}

func listPath(ct simulator.ContentType, from, to time.Time) string {
	const layout = "2006-01-02T15:04:05"
	return "subscriptions/content?contentType=" + string(ct) + "&startTime=" + from.UTC().Format(layout) + "&endTime=" + to.UTC().Format(layout)
}

// entry is one of a listing.
type entry struct {
	ContentType, ContentID, ContentURI, ContentCreated, ContentExpiration string
}

func (a answer) entries(tb testing.TB) []entry {
	tb.Helper()
	require.Equal(tb, http.StatusOK, a.StatusCode, a.body)
	var entries []entry
	require.NoError(tb, json.Unmarshal([]byte(a.body), &entries), a.body)
	return entries
}

// pages follows NextPageUri to the end.
func (c *client) pages(ct simulator.ContentType, from, to time.Time) [][]entry {
	c.t.Helper()
	var pages [][]entry
	for a := c.list(ct, from, to); ; a = c.get(a.Header.Get("NextPageUri")) {
		pages = append(pages, a.entries(c.t))
		if a.Header.Get("NextPageUri") == "" || len(pages) == 1000 {
			return pages
		}
	}
}

func contentIDs(pages ...[]entry) []string {
	var ids []string
	for _, page := range pages {
		for _, e := range page {
			ids = append(ids, e.ContentID)
		}
	}
	return ids
}

func (a answer) code(t *testing.T) string {
	t.Helper()
	var body struct {
		Error struct{ Code, Message string }
	}
	require.NoError(t, json.Unmarshal([]byte(a.body), &body), a.body)
	return body.Error.Code
}

func (a answer) recordIDs(t *testing.T) []string {
	t.Helper()
	var records []struct{ ID string }
	require.NoError(t, json.Unmarshal([]byte(a.body), &records), a.body)
	ids := make([]string, len(records))
	for i, r := range records {
		ids[i] = r.ID
	}
	return ids
}

func gunzip(t *testing.T, body string) string {
	t.Helper()
	zr, err := gzip.NewReader(bytes.NewReader([]byte(body)))
	require.NoError(t, err)
	text, err := io.ReadAll(zr)
	require.NoError(t, err)
	return string(text)
}
