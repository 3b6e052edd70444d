package auth

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/plugin/internal/config"
	"office365/plugin/internal/network"
	"office365/tests/simulator"
)

const assignedID = "88888888-0000-1111-2222-333333333333"

// withIdentity signs in as the machine; an empty ID is the system-assigned one.
func withIdentity(clientID string) func(*config.Settings) {
	return func(s *config.Settings) { s.AuthMethod, s.ClientID = config.AuthManagedIdentity, clientID }
}

// machine sets the variables by which the library knows its surroundings; those
// that are not named are not set.
func machine(t *testing.T, pairs ...string) {
	t.Helper()
	for _, name := range []string{"IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IDENTITY_SERVER_THUMBPRINT", "IMDS_ENDPOINT", "MSI_ENDPOINT", "MSI_SECRET", "DEFAULT_IDENTITY_CLIENT_ID"} {
		t.Setenv(name, "")
	}
	for i := 0; i < len(pairs); i += 2 {
		t.Setenv(pairs[i], pairs[i+1])
	}
}

// identities answers as an identity endpoint, with numbered tokens.
func identities() *endpoint {
	return &endpoint{answer: func(n int, _ *http.Request) (*http.Response, error) {
		return reply(200, fmt.Sprintf(`{"access_token":"token-%d","expires_in":"86399","expires_on":"%d","resource":"x","token_type":"Bearer"}`, n, time.Now().Add(24*time.Hour).Unix()))
	}}
}

func TestEverySourceOfManagedIdentitiesIsAskedAsItWants(t *testing.T) {
	for name, tt := range map[string]struct {
		machine  []string
		clientID string
		want     string // method, URL and the headers that matter
	}{
		"metadata service, system": {nil, "", "GET http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fmanage.office.com Metadata=true"},
		"metadata service, user":   {nil, assignedID, "GET http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&client_id=" + assignedID + "&resource=https%3A%2F%2Fmanage.office.com Metadata=true"},
		"App Service, system": {
			[]string{"IDENTITY_ENDPOINT", "http://127.0.0.1:41741/msi/token", "IDENTITY_HEADER", testSecret},
			"",
			"GET http://127.0.0.1:41741/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fmanage.office.com X-Identity-Header=" + testSecret,
		},
		"App Service, user": {
			[]string{"IDENTITY_ENDPOINT", "http://169.254.129.2:8081/msi/token", "IDENTITY_HEADER", testSecret},
			assignedID,
			"GET http://169.254.129.2:8081/msi/token?api-version=2019-08-01&client_id=" + assignedID + "&resource=https%3A%2F%2Fmanage.office.com X-Identity-Header=" + testSecret,
		},
		"Azure ML": {
			[]string{"MSI_ENDPOINT", "http://127.0.0.1:46808/MSI/auth", "MSI_SECRET", testSecret},
			assignedID,
			"GET http://127.0.0.1:46808/MSI/auth?api-version=2017-09-01&clientid=" + assignedID + "&resource=https%3A%2F%2Fmanage.office.com Secret=" + testSecret,
		},
		"Cloud Shell": {
			[]string{"MSI_ENDPOINT", "http://localhost:50342/oauth2/token"},
			"",
			"POST http://localhost:50342/oauth2/token Metadata=true resource=https%3A%2F%2Fmanage.office.com",
		},
	} {
		t.Run(name, func(t *testing.T) {
			machine(t, tt.machine...)
			e := identities()
			s, err := New(with(withIdentity(tt.clientID)), &http.Client{Transport: e}, time.Now)
			require.NoError(t, err)
			assert.Equal(t, "token-1", mustToken(t, s))
			assert.Equal(t, "token-1", mustToken(t, s))
			require.Len(t, e.asked, 1, "one request a lifetime")
			r := e.asked[0]
			got := []string{r.Method, r.URL.String()}
			for _, header := range []string{"Metadata", "X-Identity-Header", "Secret"} {
				if value := r.Header.Get(header); value != "" {
					got = append(got, header+"="+value)
				}
			}
			if form := e.forms[0].Encode(); form != "" {
				got = append(got, form)
			}
			assert.Equal(t, tt.want, strings.Join(got, " "))
		})
	}
}

// The library keeps tokens of managed identities in one cache for the whole
// process; it would hand the refused one out again.
func TestARefusedTokenOfAManagedIdentityIsReplaced(t *testing.T) {
	machine(t)
	e := identities()
	one, err := New(with(withIdentity("")), &http.Client{Transport: e}, time.Now)
	require.NoError(t, err)
	one.Invalidate(mustToken(t, one))
	assert.Equal(t, "token-2", mustToken(t, one))
	two, err := New(with(withIdentity("")), &http.Client{Transport: e}, time.Now)
	require.NoError(t, err)
	assert.Equal(t, "token-3", mustToken(t, two), "instances share nothing")
}

// Service Fabric has an endpoint with TLS, whose certificate is known by its
// thumbprint alone.
func TestServiceFabricIsKnownByItsThumbprint(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, testSecret, r.Header.Get("Secret"))
		assert.Equal(t, "api-version=2019-07-01-preview&resource=https%3A%2F%2Fmanage.office.com", r.URL.RawQuery)
		_, _ = io.WriteString(w, `{"access_token":"token-1","expires_on":"1790086399","token_type":"Bearer"}`)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	sum := sha1.Sum(server.Certificate().Raw)
	for thumbprint, want := range map[string]bool{hex.EncodeToString(sum[:]): true, strings.Repeat("00", 20): false} {
		machine(t, "IDENTITY_ENDPOINT", server.URL, "IDENTITY_HEADER", testSecret, "IDENTITY_SERVER_THUMBPRINT", thumbprint)
		c := with(withIdentity(""))
		c.Proxy = "http://127.0.0.1:1"
		hc, err := network.NewClient(c)
		require.NoError(t, err)
		s, err := New(c, hc, time.Now)
		require.NoError(t, err)
		token, err := s.Token(t.Context())
		if want {
			require.NoError(t, err, "past the proxy")
			assert.Equal(t, "token-1", token)
			continue
		}
		require.ErrorContains(t, err, "did not match IDENTITY_SERVER_THUMBPRINT")
	}

	machine(t, "IDENTITY_ENDPOINT", server.URL, "IDENTITY_HEADER", testSecret, "IDENTITY_SERVER_THUMBPRINT", strings.Repeat("00", 20))
	_, err := New(with(withIdentity(assignedID)), server.Client(), time.Now)
	require.ErrorContains(t, err, `auth_method managed_identity with client_id "`+assignedID+`": Service Fabric API doesn't support specifying a user-assigned identity`)
}

// Azure Arc answers the first request with the path of a key, which is on its
// machines only.
func TestAzureArcWantsItsKeyRead(t *testing.T) {
	machine(t, "IDENTITY_ENDPOINT", "http://localhost:40342/metadata/identity/oauth2/token", "IMDS_ENDPOINT", "http://localhost:40342")
	e := failing(401, "", "WWW-Authenticate", "Basic realm=/var/opt/azcmagent/tokens/0a1b2c3d-none.key")
	s, err := New(with(withIdentity("")), &http.Client{Transport: e}, time.Now)
	require.NoError(t, err)
	got := failureOf(t, s)
	assert.Equal(t, "http://localhost:40342/metadata/identity/oauth2/token?api-version=2020-06-01&resource=https%3A%2F%2Fmanage.office.com", e.asked[0].URL.String())
	assert.Equal(t, "token: 401: the key of the Azure Arc agent cannot be read, or is refused", got.Error())
	assert.Equal(t, "put the user of Fluent Bit into the group himds, and start it again", got.Advice())
}

func TestFailuresOfTheIdentityEndpointAreExplained(t *testing.T) {
	for name, tt := range map[string]struct {
		clientID string
		status   int
		body     string
		kind     Kind
		want     string
		advice   string
	}{
		"no system identity": {"", 400, `{"error":"invalid_request","error_description":"Identity not found"}`, Configuration, "token: 400: Identity not found", "turn on the system-assigned identity"},
		"no such identity":   {assignedID, 400, `{"statusCode":400,"message":"No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.","correlationId":"x"}`, Configuration, "token: 400: No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId", "assign the identity with client_id " + assignedID},
		"the wrong cloud":    {"", 400, `{"error":"invalid_resource","error_description":"AADSTS500011: The resource principal named x was not found in the tenant. Trace ID: y"}`, Configuration, "token: 400 AADSTS500011: The resource principal named x was not found in the tenant", "check plan (or api_url)"},
		"an update":          {"", 410, ``, Transient, "token: 410: the answer is neither a token nor an error of Entra ID", "is being updated"},
		"not there yet":      {"", 404, ``, Transient, "token: 404: the answer is neither a token nor an error of Entra ID", "is being updated"},
		"throttled":          {"", 429, `{"error":"too_many_requests"}`, Transient, "token: 429: too_many_requests", "look the code up"},
		"a passing error":    {"", 500, `{"error":"unknown","error_description":"Failed to retrieve token"}`, Transient, "token: 500: Failed to retrieve token", ""},
		"its header quoted":  {"", 403, `{"statusCode":403,"message":"The header ` + testSecret + ` is wrong"}`, Configuration, "token: 403: The header *** is wrong", "turn on"},
	} {
		t.Run(name, func(t *testing.T) {
			machine(t, "IDENTITY_ENDPOINT", "http://127.0.0.1:41741/msi/token", "IDENTITY_HEADER", testSecret)
			e := failing(tt.status, tt.body)
			s, err := New(with(withIdentity(tt.clientID)), &http.Client{Transport: e}, time.Now)
			require.NoError(t, err)
			got := failureOf(t, s)
			assert.Equal(t, tt.kind, got.Kind)
			assert.Equal(t, tt.want, got.Error())
			assert.Contains(t, got.Advice(), tt.advice)
			assert.Equal(t, 1, e.count(), "the library tries once; trying again is ours")
		})
	}
}

func TestAMachineWithoutAnIdentityEndpointIsExplained(t *testing.T) {
	machine(t, "IDENTITY_ENDPOINT", "http://127.0.0.1:1/msi/token", "IDENTITY_HEADER", testSecret)
	hc, err := network.NewClient(with(withIdentity("")))
	require.NoError(t, err)
	s, err := New(with(withIdentity("")), hc, time.Now)
	require.NoError(t, err)
	got := failureOf(t, s)
	assert.Equal(t, Transient, got.Kind)
	assert.Contains(t, got.Error(), "connection refused")
	assert.Equal(t, "run on an Azure resource that has a managed identity, or take another auth_method: no identity endpoint answers here (AppService)", got.Advice())
	about, err := s.About()
	require.NoError(t, err)
	assert.Equal(t, About{Text: "system-assigned managed identity of this machine (AppService)"}, about)
}

func TestManagedIdentitiesOfTheSimulatorSignIn(t *testing.T) {
	const system = "77777777-0000-1111-2222-333333333333"
	sim := simulator.New(simulator.Options{
		Now: time.Now, TenantID: testTenant,
		Identity: simulator.ManagedIdentity{Header: testSecret, System: system, Assigned: []string{assignedID}},
	})
	server := simulator.NewIdentityServer(t, sim)
	machine(t, "IDENTITY_ENDPOINT", server.URL+"/msi/token", "IDENTITY_HEADER", testSecret)
	for clientID, want := range map[string]string{"": system, assignedID: assignedID} {
		c := with(withIdentity(clientID))
		hc, err := network.NewClient(c)
		require.NoError(t, err)
		s, err := New(c, hc, time.Now)
		require.NoError(t, err)
		claims, err := Inspect(mustToken(t, s))
		require.NoError(t, err)
		assert.Equal(t, want, claims.AppID)
		assert.Equal(t, testAPI, claims.Audience)
	}
}
