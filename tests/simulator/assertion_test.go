package simulator_test

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/simulator"
)

const (
	jwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	cluster   = "https://cluster.example/oidc"
	account   = "system:serviceaccount:logging:fluent-bit"
)

func newAppKey(t *testing.T) *simulator.AppKey {
	t.Helper()
	k, err := simulator.NewAppKey("collector", noon.Add(-time.Hour), time.Date(2049, 1, 1, 0, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	return k
}

func newIssuer(t *testing.T) *simulator.Issuer {
	t.Helper()
	i, err := simulator.NewIssuer(cluster)
	require.NoError(t, err)
	return i
}

// The library that the plugin uses signs by PS256 and names the certificate by
// its SHA-256.
func TestMSALSignsInWithACertificateAndAFederatedToken(t *testing.T) {
	t.Parallel()
	key, issuer := newAppKey(t), newIssuer(t)
	c := newClient(t, simulator.Options{
		Now: time.Now, Certificates: []*x509.Certificate{key.Certificate},
		Federated: []simulator.FederatedCredential{{Issuer: issuer, Subject: account}},
	})
	signed, err := confidential.NewCredFromCert([]*x509.Certificate{key.Certificate}, key.Key)
	require.NoError(t, err)
	federated := confidential.NewCredFromAssertionCallback(func(context.Context, confidential.AssertionRequestOptions) (string, error) {
		return issuer.Token(account, simulator.FederatedAudience, time.Now(), time.Hour), nil
	})
	for name, credential := range map[string]confidential.Credential{"certificate": signed, "federated": federated} {
		c.sim.ForgetRequests()
		app, err := confidential.New(c.server.URL+"/"+c.tenant, simulator.DefaultClientID, credential,
			confidential.WithHTTPClient(c.http), confidential.WithInstanceDiscovery(false))
		require.NoError(t, err)
		result, err := app.AcquireTokenByCredential(context.Background(), []string{c.server.URL + "/.default"})
		require.NoError(t, err, name)
		c.token = result.AccessToken
		assert.Equal(t, http.StatusOK, c.get("subscriptions/list").StatusCode)
		assert.Equal(t, name, c.sim.Requests(simulator.RouteToken)[0].Credential)
	}
}

// signedAssertion is what an older library would send; changes of nil take a
// claim or a header away.
func signedAssertion(c *client, key *simulator.AppKey, header map[string]string, claims map[string]any) string {
	sum := sha1.Sum(key.Certificate.Raw)
	h := map[string]string{"typ": "JWT", "alg": "RS256", "x5t": base64.RawURLEncoding.EncodeToString(sum[:])}
	maps.Copy(h, header)
	cl := map[string]any{
		"aud": c.server.URL + "/" + c.tenant + "/oauth2/v2.0/token", "iss": simulator.DefaultClientID, "sub": simulator.DefaultClientID,
		"jti": "1", "nbf": noon.Unix(), "exp": noon.Add(10 * time.Minute).Unix(),
	}
	maps.Copy(cl, claims)
	return simulator.SignJWT(key.Key, h, cl)
}

func TestAssertionsAreVerified(t *testing.T) {
	t.Parallel()
	key, other := newAppKey(t), newAppKey(t)
	expired, err := simulator.NewAppKey("old", noon.Add(-time.Hour), noon.Add(-time.Minute))
	require.NoError(t, err)
	c := newClient(t, simulator.Options{Certificates: []*x509.Certificate{key.Certificate, expired.Certificate}})
	long := sha256.Sum256(key.Certificate.Raw)
	sha := base64.StdEncoding.EncodeToString(long[:])
	good := signedAssertion(c, key, nil, nil)
	for name, tt := range map[string]struct {
		assertion, kind string
		want            string
	}{
		"good":                   {assertion: good, want: `"access_token"`},
		"the longer thumbprint":  {assertion: signedAssertion(c, key, map[string]string{"x5t": "", "x5t#S256": sha}, nil), want: `"access_token"`},
		"another type":           {assertion: good, kind: "saml", want: "AADSTS700027: "},
		"no JWT":                 {assertion: "x.y", want: "AADSTS700027: "},
		"no certificate of ours": {assertion: signedAssertion(c, other, nil, nil), want: "The key was not found., Thumbprint of key used by client: '"},
		"a changed signature":    {assertion: good[:len(good)-8] + "AAAAAAAA", want: "The signature is invalid."},
		"another key":            {assertion: signedAssertion(c, other, map[string]string{"x5t": "", "x5t#S256": sha}, nil), want: "The signature is invalid."},
		"no algorithm":           {assertion: signedAssertion(c, key, map[string]string{"alg": "none"}, nil), want: "The signature is invalid."},
		"an ended certificate":   {assertion: signedAssertion(c, expired, nil, nil), want: "The key used is expired."},
		"another app":            {assertion: signedAssertion(c, key, nil, map[string]any{"sub": c.tenant}), want: "AADSTS700021: "},
		"another issuer":         {assertion: signedAssertion(c, key, nil, map[string]any{"iss": c.tenant}), want: "AADSTS700021: "},
		"another endpoint":       {assertion: signedAssertion(c, key, nil, map[string]any{"aud": c.server.URL + "/"}), want: "AADSTS700023: "},
		"too late":               {assertion: signedAssertion(c, key, nil, map[string]any{"exp": noon.Add(-6 * time.Minute).Unix()}), want: "AADSTS700024: "},
		"too early":              {assertion: signedAssertion(c, key, nil, map[string]any{"nbf": noon.Add(6 * time.Minute).Unix()}), want: "AADSTS700024: "},
		"no end":                 {assertion: signedAssertion(c, key, nil, map[string]any{"exp": nil}), want: "AADSTS700024: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kind := tt.kind
			if kind == "" {
				kind = jwtBearer
			}
			a := c.postForm("/"+c.tenant+"/oauth2/v2.0/token", c.form("client_secret", "", "client_assertion_type", kind, "client_assertion", tt.assertion))
			assert.Contains(t, a.body, tt.want)
		})
	}
}

func TestFederatedTokensAreVerified(t *testing.T) {
	t.Parallel()
	issuer, impostor := newIssuer(t), newIssuer(t)
	stranger, err := simulator.NewIssuer("https://elsewhere.example")
	require.NoError(t, err)
	c := newClient(t, simulator.Options{Federated: []simulator.FederatedCredential{{Issuer: issuer, Subject: account}}})
	aud := simulator.FederatedAudience
	for name, tt := range map[string]struct{ token, want string }{
		"good":             {issuer.Token(account, aud, noon, time.Hour), `"access_token"`},
		"another issuer":   {stranger.Token(account, aud, noon, time.Hour), "AADSTS700211: No matching federated identity record found for presented assertion issuer 'https://elsewhere.example'"},
		"another subject":  {issuer.Token("system:serviceaccount:default:default", aud, noon, time.Hour), "AADSTS700213: "},
		"another audience": {issuer.Token(account, "https://kubernetes.default.svc", noon, time.Hour), "AADSTS700212: "},
		"an impostor":      {impostor.Token(account, aud, noon, time.Hour), "The signature is invalid."},
		"too late":         {issuer.Token(account, aud, noon.Add(-2*time.Hour), time.Hour), "AADSTS700024: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := c.postForm("/"+c.tenant+"/oauth2/v2.0/token", c.form("client_secret", "", "client_assertion_type", jwtBearer, "client_assertion", tt.token))
			assert.Contains(t, a.body, tt.want)
		})
	}
}
