package e2e_test

import (
	"bytes"
	"crypto/sha1"
	"crypto/x509"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/program"
	"office365/tests/simulator"
)

const account = "system:serviceaccount:logging:fluent-bit"

// rotation is a tenant whose credential is replaced while it is collected from:
// every token of before is refused then, and the old credential as well.
type rotation struct {
	*tenant

	secrets []string // of both credentials
	before  func()   // puts the first in place; nil when it is there
	replace func()   // puts the second in place, and registers it alone
	kind    string   // as the simulator logs it
}

// newRotation returns a tenant that signs in with these pairs in the place of its
// client_secret.
func newRotation(t *testing.T, kind string, pairs ...string) *rotation {
	t.Helper()
	tn := newTenant(t)
	tn.extra = append([]string{"client_secret", "", "interval", "1s"}, pairs...)
	return &rotation{tenant: tn, kind: kind}
}

// file writes a file of the tenant, which may not hold it yet.
func (tn *tenant) file(name string, parts ...[]byte) string {
	tn.t.Helper()
	path := filepath.Join(tn.dir, name)
	require.NoError(tn.t, os.WriteFile(path, bytes.Join(parts, nil), 0o600))
	return path
}

func newAppKey(t *testing.T, name string) *simulator.AppKey {
	t.Helper()
	k, err := simulator.NewAppKey(name, time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour))
	require.NoError(t, err)
	return k
}

// keyLines are what must not show of a key.
func keyLines(k *simulator.AppKey) []string {
	lines := strings.Split(strings.TrimSpace(string(k.PKCS8PEM())), "\n")
	return lines[1 : len(lines)-1]
}

// requireHidden looks for the secrets in all that the program has written beside
// its log, which is looked at when it ends.
func (r *rotation) requireHidden() {
	r.t.Helper()
	for _, path := range []string{r.db(), r.output()} {
		text, err := os.ReadFile(path)
		require.NoError(r.t, err)
		for _, secret := range r.secrets {
			require.NotContains(r.t, string(text), secret, path)
		}
	}
}

// requireRotation collects before and after the credential is replaced.
func (r *rotation) requireRotation(p program.Program, variables ...string) {
	r.t.Helper()
	r.fill(2, 10)
	run := p.StartWith(r.t, variables, conf([]*tenant{r.tenant}), r.secrets)
	if r.before != nil {
		program.Eventually(r.t, time.Minute, "the file is missed", func() bool { return strings.Contains(run.Log.String(), "cannot be read: no such file or directory") })
		r.before()
	}
	r.waitFor(r.offered())
	r.replace()
	r.sim.RevokeTokens()
	r.sim.AddContent(simulator.AuditGeneral, 2, 10, time.Now().Add(-time.Hour), time.Now().Add(-time.Minute))
	r.waitFor(r.offered())
	require.Zero(r.t, run.Stop())
	r.requireAllOnce()
	r.requireHidden()
	tokens := r.sim.Requests(simulator.RouteToken)
	require.GreaterOrEqual(r.t, len(tokens), 2)
	for _, token := range tokens {
		assert.Equal(r.t, r.kind, token.Credential)
		assert.Equal(r.t, 200, token.Status, token.Code)
	}
}

func TestACertificateIsRenewedWithoutARestart(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, p program.Program) {
		first, second := newAppKey(t, "first"), newAppKey(t, "second")
		r := newRotation(t, "certificate")
		register := func(k *simulator.AppKey) {
			r.sim.Change(func(o *simulator.Options) { o.Certificates = []*x509.Certificate{k.Certificate} })
		}
		register(first)
		r.extra = append(r.extra,
			"certificate_file", r.file("app.crt", first.CertificatePEM()), "certificate_key_file", r.file("app.key", first.PKCS8PEM()))
		r.secrets = append(keyLines(first), keyLines(second)...)
		r.replace = func() {
			r.file("app.crt", second.CertificatePEM())
			r.file("app.key", second.PKCS1PEM())
			register(second)
		}
		r.requireRotation(p)
	})
}

func TestASecretFileIsReadAgain(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, p program.Program) {
		r := newRotation(t, "secret")
		r.secrets = []string{r.sim.Options().ClientSecret, "s3cret~of.tomorrow"}
		r.extra = append(r.extra, "client_secret_file", r.file("secret", []byte(r.secrets[0]+"\n")))
		r.replace = func() {
			r.file("secret", []byte(r.secrets[1]+"\n"))
			r.sim.Change(func(o *simulator.Options) { o.ClientSecret = r.secrets[1] })
		}
		r.requireRotation(p)
	})
}

// The webhook of Azure workload identity names the file in the environment.
func TestAFederatedTokenMayComeLateAndIsReadForEveryToken(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, p program.Program) {
		r := newRotation(t, "federated")
		tokens := make([]string, 2)
		issuers := make([]*simulator.Issuer, 2)
		for i := range issuers {
			var err error
			issuers[i], err = simulator.NewIssuer("https://cluster.example/oidc")
			require.NoError(t, err)
			tokens[i] = issuers[i].Token(account, simulator.FederatedAudience, time.Now(), time.Hour)
		}
		use := func(i int) {
			r.file("token", []byte(tokens[i]))
			r.sim.Change(func(o *simulator.Options) {
				o.Federated = []simulator.FederatedCredential{{Issuer: issuers[i], Subject: account}}
			})
		}
		r.secrets = tokens
		r.before, r.replace = func() { use(0) }, func() { use(1) }
		r.requireRotation(p, "AZURE_FEDERATED_TOKEN_FILE="+filepath.Join(r.dir, "token"))
	})
}

func TestAManagedIdentitySignsIn(t *testing.T) {
	t.Parallel()
	const (
		system, assigned = "77777777-0000-1111-2222-333333333333", "88888888-0000-1111-2222-333333333333"
		header           = "s3cret~of.the-machine"
	)
	onEach(t, func(t *testing.T, p program.Program) {
		for name, clientID := range map[string]string{"system": "", "user": assigned} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				tn := newTenant(t)
				tn.sim.Change(func(o *simulator.Options) {
					o.Audiences = []string{tn.server.URL}
					o.Identity = simulator.ManagedIdentity{Header: header, System: system, Assigned: []string{assigned}}
				})
				endpoint, x := simulator.NewIdentityServer(t, tn.sim), startProxy(t, tn.server)
				tn.extra = []string{"client_secret", "", "client_id", clientID, "auth_method", "managed_identity", "proxy", "http://" + x.address}
				tn.fill(2, 10)
				run := p.StartWith(t, []string{"IDENTITY_ENDPOINT=" + endpoint.URL + "/msi/token", "IDENTITY_HEADER=" + header},
					conf([]*tenant{tn}), []string{header})
				tn.waitFor(tn.offered())
				require.Zero(t, run.Stop())
				tn.requireAllOnce()
				asked := tn.sim.Requests(simulator.RouteIdentity)
				require.Len(t, asked, 1, "one request for all content types")
				assert.Equal(t, clientID != "", strings.Contains(asked[0].Query, "client_id="+assigned), asked[0].Query)
				assert.Empty(t, tn.sim.Requests(simulator.RouteToken), "Entra ID itself is not asked")
				x.requireOnly(t, "200", strings.TrimPrefix(tn.server.URL, "https://")) // the API, and not the machine's own endpoint
			})
		}
	})
}

func TestAWrongCredentialFileIsRefusedAtTheStart(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, p program.Program) {
		tn := newTenant(t)
		first, second := newAppKey(t, "first"), newAppKey(t, "second")
		path := tn.file("app.pem", first.CertificatePEM(), second.PKCS8PEM())
		tn.extra = []string{"client_secret", "", "certificate_file", path}
		run := p.Start(t, conf([]*tenant{tn}), keyLines(second))
		assert.Equal(t, refused, run.Wait(20*time.Second))
		assert.Contains(t, run.Log.String(), "certificate_file "+path+" holds a key that does not belong to the certificate in "+path)
		assert.Empty(t, tn.sim.Requests())
	})
}

func TestARefusedCertificateIsOneLineThatNamesIt(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, p program.Program) {
		tn := newTenant(t)
		k := newAppKey(t, "of-nobody")
		tn.extra = []string{"client_secret", "", "certificate_file", tn.file("app.pem", k.CertificatePEM(), k.PKCS8PEM())}
		run := p.Start(t, conf([]*tenant{tn}), keyLines(k))
		program.Eventually(t, time.Minute, "a line about the certificate", func() bool { return strings.Contains(run.Log.String(), "AADSTS700027") })
		require.Zero(t, run.Stop())
		assert.Equal(t, 1, strings.Count(run.Log.String(), "AADSTS700027"))
		sum := sha1.Sum(k.Certificate.Raw)
		assert.Contains(t, run.Log.String(), "CN=of-nobody, thumbprint "+strings.ToUpper(hex.EncodeToString(sum[:]))+", valid until ")
	})
}
