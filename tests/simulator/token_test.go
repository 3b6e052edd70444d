package simulator_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/simulator"
)

// The library that the plugin uses: it reads the metadata, then asks for a token.
func TestMSALGetsATokenThatTheAPITakes(t *testing.T) {
	t.Parallel()
	c := newClient(t, simulator.Options{Now: time.Now})
	cred, err := confidential.NewCredFromSecret(simulator.DefaultClientSecret)
	require.NoError(t, err)
	app, err := confidential.New(c.server.URL+"/"+c.tenant, simulator.DefaultClientID, cred,
		confidential.WithHTTPClient(c.http), confidential.WithInstanceDiscovery(false))
	require.NoError(t, err)
	result, err := app.AcquireTokenByCredential(context.Background(), []string{c.server.URL + "/.default"})
	require.NoError(t, err)
	c.token = result.AccessToken
	assert.Equal(t, http.StatusOK, c.get("subscriptions/list").StatusCode)
	assert.Len(t, c.sim.Requests(simulator.RouteMetadata), 1)
	assert.Len(t, c.sim.Requests(simulator.RouteToken), 1)
}

func TestTokenClaims(t *testing.T) {
	t.Parallel()
	c := newClient(t, simulator.Options{})
	parts := strings.Split(c.token, ".")
	require.Len(t, parts, 3)
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	var claims map[string]any
	require.NoError(t, json.Unmarshal(text, &claims))
	assert.Equal(t, c.server.URL, claims["aud"])
	assert.Equal(t, "https://sts.windows.net/"+c.tenant+"/", claims["iss"])
	assert.Equal(t, c.tenant, claims["tid"])
	assert.Equal(t, simulator.DefaultClientID, claims["appid"])
	assert.Equal(t, []any{"ActivityFeed.Read", "ActivityFeed.ReadDlp"}, claims["roles"])
	assert.Equal(t, "1.0", claims["ver"])
	assert.InDelta(t, noon.Unix(), claims["nbf"], 0)
	assert.InDelta(t, noon.Unix()+3599, claims["exp"], 0)
}

func TestTokenAnswersOfBothVersions(t *testing.T) {
	t.Parallel()
	c := newClient(t, simulator.Options{TokenLife: 10 * time.Minute})
	v1 := c.postForm("/"+c.tenant+"/oauth2/token?api-version=1.0", c.form("scope", "", "resource", c.server.URL+"/"))
	var strs map[string]string
	require.NoError(t, json.Unmarshal([]byte(v1.body), &strs), "all numbers are strings in v1")
	assert.Equal(t, "600", strs["expires_in"])
	assert.Equal(t, "1772453400", strs["expires_on"])
	c.token = strs["access_token"]
	assert.Equal(t, http.StatusOK, c.get("subscriptions/list").StatusCode)

	v2 := c.postForm("/contoso.example/oauth2/v2.0/token", c.form())
	var mixed struct {
		TokenType string `json:"token_type"`
		ExpiresIn int    `json:"expires_in"`
	}
	require.NoError(t, json.Unmarshal([]byte(v2.body), &mixed), "numbers are numbers in v2.0")
	assert.Equal(t, "Bearer", mixed.TokenType)
	assert.Equal(t, 600, mixed.ExpiresIn)
}

func TestRefusedTokens(t *testing.T) {
	t.Parallel()
	c := newClient(t, simulator.Options{})
	tests := []struct {
		name, tenant, version string
		form                  url.Values
		status, code          int
		kind                  string
	}{
		{name: "wrong secret", form: c.form("client_secret", "guess"), status: 401, code: 7000215, kind: "invalid_client"},
		{name: "no secret", form: c.form("client_secret", ""), status: 401, code: 7000216, kind: "invalid_client"},
		{name: "an assertion", form: c.form("client_secret", "", "client_assertion", "x.y.z"), status: 401, code: 700027, kind: "invalid_client"},
		{name: "another application", form: c.form("client_id", c.tenant), status: 400, code: 700016, kind: "unauthorized_client"},
		{name: "another tenant", tenant: "1aa0aaaa-1111-2222-3333-444455556666", form: c.form(), status: 400, code: 90002, kind: "invalid_request"},
		{name: "no tenant", tenant: "x", form: c.form(), status: 400, code: 900023, kind: "invalid_request"},
		{name: "no grant", form: c.form("grant_type", ""), status: 400, code: 900144, kind: "invalid_request"},
		{name: "another grant", form: c.form("grant_type", "password"), status: 400, code: 70003, kind: "unsupported_grant_type"},
		{name: "no scope", form: c.form("scope", ""), status: 400, code: 70011, kind: "invalid_scope"},
		{name: "a scope without .default", form: c.form("scope", c.server.URL), status: 400, code: 1002012, kind: "invalid_scope"},
		{name: "resource to v2.0", form: c.form("resource", c.server.URL), status: 400, code: 901002, kind: "invalid_request"},
		{name: "an unknown API", form: c.form("scope", "https://api.example/.default"), status: 400, code: 500011, kind: "invalid_resource"},
		{name: "v1 without resource", version: "oauth2/token", form: c.form("scope", ""), status: 400, code: 900144, kind: "invalid_request"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			tenant, version := test.tenant, test.version
			if tenant == "" {
				tenant = c.tenant
			}
			if version == "" {
				version = "oauth2/v2.0/token"
			}
			a := c.postForm("/"+tenant+"/"+version, test.form)
			assert.Equal(t, test.status, a.StatusCode)
			var body struct {
				Error            string
				ErrorDescription string `json:"error_description"`
				ErrorCodes       []int  `json:"error_codes"`
			}
			require.NoError(t, json.Unmarshal([]byte(a.body), &body), a.body)
			assert.Equal(t, test.kind, body.Error)
			assert.Equal(t, []int{test.code}, body.ErrorCodes)
			assert.Regexp(t, `^AADSTS\d+: (?s:.+)\r\nTrace ID: [0-9a-f-]{36}\r\nCorrelation ID: [0-9a-f-]{36}\r\nTimestamp: 2026-03-02 12:00:00Z$`, body.ErrorDescription)
		})
	}
}

func TestATokenForAnotherAPIIsRefusedThere(t *testing.T) {
	t.Parallel()
	c := newClient(t, simulator.Options{})
	a := c.postForm("/"+c.tenant+"/oauth2/v2.0/token", c.form("scope", "https://graph.microsoft.com/.default"))
	var token struct {
		AccessToken string `json:"access_token"`
	}
	require.NoError(t, json.Unmarshal([]byte(a.body), &token))
	c.token = token.AccessToken
	assert.Equal(t, http.StatusUnauthorized, c.get("subscriptions/list").StatusCode)
	c.sim.Change(func(o *simulator.Options) { o.Audiences = []string{"https://graph.microsoft.com"} })
	assert.Equal(t, http.StatusOK, c.get("subscriptions/list").StatusCode)
}
