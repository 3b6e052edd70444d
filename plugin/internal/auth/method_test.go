package auth

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/plugin/internal/config"
	"office365/tests/simulator"
)

// Keys take a second each to make under the race detector: all tests share these.
var (
	firstKey  = sync.OnceValue(func() *simulator.AppKey { return newAppKey("first") })
	secondKey = sync.OnceValue(func() *simulator.AppKey { return newAppKey("second") })
	cluster   = sync.OnceValue(func() *simulator.Issuer { return must(simulator.NewIssuer("https://cluster.example/oidc")) })
)

const account = "system:serviceaccount:logging:fluent-bit"

// newAppKey makes a key for any clock: the fake one begins in the year 2000.
func newAppKey(name string) *simulator.AppKey {
	return must(simulator.NewAppKey(name, time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2049, 1, 1, 0, 0, 0, 0, time.UTC)))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// direct calls a handler without a network.
type direct struct{ handler http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Host = r.URL.Host
	if r.URL.Scheme == "https" {
		r.TLS = &tls.ConnectionState{}
	}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	w.Flush()
	return w.Result(), nil
}

// newSimulated returns a tenant whose app has all credentials.
func newSimulated() *simulator.Simulator {
	return simulator.New(simulator.Options{
		Now: time.Now, TenantID: testTenant, ClientID: testClient, ClientSecret: testSecret,
		Certificates: []*x509.Certificate{firstKey().Certificate},
		Federated:    []simulator.FederatedCredential{{Issuer: cluster(), Subject: account}},
		TokenLife:    5 * time.Minute,
	})
}

// source returns a source that signs in to the simulator.
func source(t *testing.T, sim http.Handler, change func(*config.Settings)) *Source {
	t.Helper()
	s, err := New(with(change), &http.Client{Transport: direct{sim}}, time.Now)
	require.NoError(t, err)
	return s
}

func with(change func(*config.Settings)) config.Settings {
	s := settings()
	s.ClientSecret = ""
	change(&s)
	return s
}

func withSecretFile(path string) func(*config.Settings) {
	return func(s *config.Settings) { s.AuthMethod, s.ClientSecretFile = config.AuthSecret, path }
}

func withCertificate(certificate, key string) func(*config.Settings) {
	return func(s *config.Settings) {
		s.AuthMethod, s.CertificateFile, s.CertificateKeyFile = config.AuthCertificate, certificate, key
	}
}

func withFederated(path string) func(*config.Settings) {
	return func(s *config.Settings) { s.AuthMethod, s.FederatedTokenFile = config.AuthWorkloadIdentity, path }
}

// file writes a file of these parts.
func file(t *testing.T, name string, parts ...[]byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	write(t, path, parts...)
	return path
}

func write(t *testing.T, path string, parts ...[]byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, bytes.Join(parts, nil), 0o600))
}

func federatedToken(life time.Duration) []byte {
	return []byte(cluster().Token(account, simulator.FederatedAudience, time.Now(), life) + "\n")
}

// credentials are how the log of the simulator names what its clients have shown.
func credentials(sim *simulator.Simulator) []string {
	var kinds []string
	for _, r := range sim.Requests(simulator.RouteToken) {
		kinds = append(kinds, fmt.Sprint(r.Credential, " ", r.Status))
	}
	return kinds
}

func TestEveryMethodAsksOnceALifetimeForFiftyCallersAtOnce(t *testing.T) {
	t.Parallel()
	token := []byte(cluster().Token(account, simulator.FederatedAudience, time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), time.Hour)) // when the fake clock begins
	for name, change := range map[string]func(*config.Settings){
		"secret":           func(s *config.Settings) { s.ClientSecret = testSecret },
		"secret in a file": withSecretFile(file(t, "secret", []byte(testSecret))),
		"certificate":      withCertificate(file(t, "app.pem", firstKey().CertificatePEM(), firstKey().PKCS8PEM()), ""),
		"federated":        withFederated(file(t, "token", token)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sim := newSimulated()
				s := source(t, sim, change)
				kind, _, _ := strings.Cut(name, " ")
				for renewal := 1; renewal <= 3; renewal++ {
					var wg sync.WaitGroup
					for range 50 {
						wg.Go(func() { mustToken(t, s) })
					}
					wg.Wait()
					require.Len(t, sim.Requests(simulator.RouteToken), renewal)
					wait(4*time.Minute - time.Millisecond)
					mustToken(t, s)
					assert.Len(t, sim.Requests(simulator.RouteToken), renewal, "nothing in 80 %% of its life")
					wait(time.Millisecond) // a minute before its end
				}
				first := mustToken(t, s)
				s.Invalidate(first)
				assert.NotEqual(t, first, mustToken(t, s))
				for _, got := range credentials(sim) {
					assert.Equal(t, kind+" 200", got)
				}
				assert.Len(t, credentials(sim), 5, "once after a 401")
			})
		})
	}
}

func TestCertificatesOfEveryFormSignIn(t *testing.T) {
	t.Parallel()
	k, ca := firstKey(), secondKey().CertificatePEM()
	for name, change := range map[string]func(*config.Settings){
		"one file":                   withCertificate(file(t, "app.pem", k.CertificatePEM(), k.PKCS8PEM()), ""),
		"key first":                  withCertificate(file(t, "app.pem", k.PKCS1PEM(), k.CertificatePEM()), ""),
		"two files, PKCS #8":         withCertificate(file(t, "app.crt", k.CertificatePEM()), file(t, "app.key", k.PKCS8PEM())),
		"two files, PKCS #1":         withCertificate(file(t, "app.crt", k.CertificatePEM()), file(t, "app.key", k.PKCS1PEM())),
		"a chain":                    withCertificate(file(t, "app.crt", k.CertificatePEM(), ca), file(t, "app.key", k.PKCS8PEM())),
		"a chain the other way":      withCertificate(file(t, "app.crt", ca, k.CertificatePEM()), file(t, "app.key", k.PKCS8PEM())),
		"with what openssl writes":   withCertificate(file(t, "app.pem", []byte("Bag Attributes\n  friendlyName: app\n"), k.PKCS8PEM(), []byte("subject=CN=app\n\n"), k.CertificatePEM()), ""),
		"another key beside its own": withCertificate(file(t, "app.pem", k.CertificatePEM(), secondKey().PKCS8PEM()), file(t, "app.key", k.PKCS8PEM())),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := newSimulated()
			mustToken(t, source(t, sim, change))
			assert.Equal(t, []string{"certificate 200"}, credentials(sim))
		})
	}
}

func TestACertificateIsRenewedWithoutARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := newSimulated()
		crt, key := file(t, "app.crt", firstKey().CertificatePEM()), file(t, "app.key", firstKey().PKCS8PEM())
		s := source(t, sim, withCertificate(crt, key))
		mustToken(t, s)

		sim.Change(func(o *simulator.Options) { o.Certificates = []*x509.Certificate{secondKey().Certificate} })
		write(t, crt, secondKey().CertificatePEM())
		wait(4 * time.Minute)
		mustToken(t, s) // the key is not there yet: the old token serves
		assert.Equal(t, []string{"certificate 200"}, credentials(sim))

		write(t, key, secondKey().PKCS8PEM())
		wait(30 * time.Second)
		mustToken(t, s)
		assert.Equal(t, []string{"certificate 200", "certificate 200"}, credentials(sim))
	})
}

func TestASecretIsReadForEveryToken(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"bare": "%s", "a line": "%s\n", "a line of Windows": "\ufeff%s\r\n"} {
		synctest.Test(t, func(t *testing.T) {
			sim := newSimulated()
			path := file(t, "secret", fmt.Appendf(nil, text, testSecret))
			s := source(t, sim, withSecretFile(path))
			mustToken(t, s)

			sim.Change(func(o *simulator.Options) { o.ClientSecret = "another-secret" })
			write(t, path, fmt.Appendf(nil, text, "another-secret"))
			wait(5 * time.Minute)
			mustToken(t, s)
			assert.Equal(t, []string{"secret 200", "secret 200"}, credentials(sim), name)
		})
	}
}

// replacing puts a new file in place while the first request is under way.
type replacing struct {
	http.RoundTripper

	once    sync.Once
	replace func()
}

func (r *replacing) RoundTrip(req *http.Request) (*http.Response, error) {
	r.once.Do(r.replace)
	return r.RoundTripper.RoundTrip(req)
}

func TestASecretThatIsRefusedIsReadAgainAtOnce(t *testing.T) {
	t.Parallel()
	sim := newSimulated()
	path := file(t, "secret", []byte("of-yesterday"))
	transport := &replacing{RoundTripper: direct{sim}, replace: func() { write(t, path, []byte(testSecret)) }}
	s, err := New(with(withSecretFile(path)), &http.Client{Transport: transport}, time.Now)
	require.NoError(t, err)
	mustToken(t, s)
	assert.Equal(t, []string{"secret 401", "secret 200"}, credentials(sim))
}

func TestASecretThatStaysWrongIsAskedForOnce(t *testing.T) {
	t.Parallel()
	sim := newSimulated()
	path := file(t, "secret", []byte("of-yesterday"))
	s := source(t, sim, withSecretFile(path))
	for range 3 {
		_, err := s.Token(t.Context())
		var failure *Error
		require.ErrorAs(t, err, &failure)
		assert.Equal(t, "put the Value of a client secret that has not expired (not its ID) into "+path+"; it is read again for the next attempt", failure.Advice())
		assert.NotContains(t, err.Error(), "of-yesterday")
	}
	assert.Equal(t, []string{"secret 401"}, credentials(sim))
}

func TestAFederatedTokenIsReadForEveryToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := newSimulated()
		path := file(t, "token", federatedToken(time.Minute))
		s := source(t, sim, withFederated(path))
		mustToken(t, s)
		for range 3 { // the old one has ended each time
			wait(10 * time.Minute)
			write(t, path, federatedToken(time.Minute))
			mustToken(t, s)
		}
		assert.Equal(t, []string{"federated 200", "federated 200", "federated 200", "federated 200"}, credentials(sim))
	})
}

func TestAFederatedTokenMayComeAfterTheStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := newSimulated()
		path := filepath.Join(t.TempDir(), "token")
		s := source(t, sim, withFederated(path))
		_, err := s.Token(t.Context())
		require.EqualError(t, err, "token: federated_token_file "+path+" cannot be read: no such file or directory")
		var failure *Error
		require.ErrorAs(t, err, &failure)
		assert.Equal(t, Transient, failure.Kind)
		assert.Equal(t, "check the path, and that the file is mounted where Fluent Bit runs", failure.Advice())
		require.ErrorIs(t, err, os.ErrNotExist)

		write(t, path, federatedToken(time.Hour))
		wait(2 * time.Second)
		mustToken(t, s)
	})
}

// failureOf asks for a token that is refused.
func failureOf(t *testing.T, s *Source) *Error {
	t.Helper()
	_, err := s.Token(t.Context())
	var failure *Error
	require.ErrorAs(t, err, &failure)
	return failure
}

func TestRefusedCredentialsAreNamedAsThePortalDoes(t *testing.T) {
	t.Parallel()
	sim := newSimulated()
	pem := file(t, "app.pem", secondKey().CertificatePEM(), secondKey().PKCS8PEM())
	got := failureOf(t, source(t, sim, withCertificate(pem, "")))
	assert.Equal(t, "AADSTS700027", got.Code)
	assert.Regexp(t, `^upload the certificate of \S+/app.pem to the app, under Certificates & secrets; it is CN=second, thumbprint [0-9A-F]{40}, valid until 2049-01-01T00:00:00Z$`, got.Advice())

	ended := must(simulator.NewAppKey("old", time.Now().Add(-time.Hour), time.Now().Add(-time.Minute)))
	sim.Change(func(o *simulator.Options) { o.Certificates = []*x509.Certificate{ended.Certificate} })
	got = failureOf(t, source(t, sim, withCertificate(file(t, "app.pem", ended.CertificatePEM(), ended.PKCS8PEM()), "")))
	assert.Equal(t, "AADSTS700027", got.Code)
	assert.Contains(t, got.Advice(), "valid until "+ended.Certificate.NotAfter.UTC().Format(time.RFC3339))

	path := file(t, "token", []byte(cluster().Token("system:serviceaccount:default:default", simulator.FederatedAudience, time.Now(), time.Hour)))
	got = failureOf(t, source(t, sim, withFederated(path)))
	assert.Equal(t, "AADSTS700213", got.Code)
	assert.Contains(t, got.Advice(), "make a federated credential of the app, under Certificates & secrets, with what the token in "+path+
		" holds: issuer https://cluster.example/oidc, subject system:serviceaccount:default:default, audience api://AzureADTokenExchange, valid until ")

	path = file(t, "token", []byte(cluster().Token(account, simulator.FederatedAudience, time.Now().Add(-3*time.Hour), time.Hour)))
	got = failureOf(t, source(t, sim, withFederated(path)))
	assert.Equal(t, "AADSTS700024", got.Code)
	assert.Contains(t, got.Advice(), "see that whoever writes "+path+" renews the token in it (issuer")

	got = failureOf(t, source(t, sim, withFederated(file(t, "token", []byte("not a token")))))
	assert.Equal(t, Configuration, got.Kind)
}

func TestAFileThatBreaksAfterTheStartIsTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := newSimulated()
		path := file(t, "secret", []byte(testSecret))
		s := source(t, sim, withSecretFile(path))
		first := mustToken(t, s)
		require.NoError(t, os.Remove(path))
		wait(4*time.Minute + 15*time.Second)
		assert.Equal(t, first, mustToken(t, s), "the old one serves")
		wait(30 * time.Second)
		got := failureOf(t, s)
		assert.Equal(t, Transient, got.Kind)
		assert.Equal(t, "token: client_secret_file "+path+" cannot be read: no such file or directory", got.Error())
		write(t, path, []byte(testSecret))
		wait(2 * time.Second)
		assert.NotEqual(t, first, mustToken(t, s))
	})
}

func TestFilesThatAreWrongAtTheStartAreRefused(t *testing.T) {
	t.Parallel()
	k := firstKey()
	dir := t.TempDir()
	crt := file(t, "app.crt", k.CertificatePEM())
	missing := filepath.Join(dir, "missing")
	legacy := bytes.Replace(k.PKCS1PEM(), []byte("-----\n"), []byte("-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF\n\n"), 1)
	encrypted := bytes.ReplaceAll(k.PKCS8PEM(), []byte("PRIVATE KEY"), []byte("ENCRYPTED PRIVATE KEY"))
	const noPassword = "holds a key with a password; take it off with: openssl pkcs8 -topk8 -nocrypt -in key.pem -out plain.pem, and let only the user of Fluent Bit read the result"
	for name, tt := range map[string]struct {
		change func(*config.Settings)
		want   string // PATH stands for the file that is wrong
		path   string
	}{
		"no secret file":       {withSecretFile(missing), "client_secret_file PATH cannot be read: no such file or directory; check the path, and that the file is mounted where Fluent Bit runs", missing},
		"a folder":             {withSecretFile(dir), "client_secret_file PATH cannot be read: it is not a regular file; name a file that the user of Fluent Bit may read", dir},
		"an empty secret":      {withSecretFile(file(t, "empty", []byte(" \n"))), "client_secret_file PATH is empty; see why whatever writes it has not", ""},
		"two lines":            {withSecretFile(file(t, "two", []byte("a\nb"))), "client_secret_file PATH holds more than one line of plain text; write the secret into it and nothing else, as UTF-8", ""},
		"UTF-16":               {withSecretFile(file(t, "wide", []byte("\xff\xfes\x00e\x00"))), "client_secret_file PATH holds more than one line of plain text; write the secret into it and nothing else, as UTF-8", ""},
		"too long":             {withSecretFile(file(t, "long", bytes.Repeat([]byte("a"), fileBytes+1))), "client_secret_file PATH cannot be read: it is longer than 1 MB; name a file that the user of Fluent Bit may read", ""},
		"no certificate file":  {withCertificate(missing, ""), "certificate_file PATH cannot be read: no such file or directory; check the path, and that the file is mounted where Fluent Bit runs", missing},
		"no key file":          {withCertificate(crt, missing), "certificate_key_file PATH cannot be read: no such file or directory; check the path, and that the file is mounted where Fluent Bit runs", missing},
		"no certificate":       {withCertificate(file(t, "app.pfx", []byte{0x30, 0x82}), ""), "certificate_file PATH holds no certificate in PEM form; convert a .pfx file with: openssl pkcs12 -in app.pfx -out app.pem -nodes", ""},
		"a broken certificate": {withCertificate(file(t, "bad", []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")), ""), "certificate_file PATH holds a certificate that cannot be read; write it as PEM again", ""},
		"no key":               {withCertificate(crt, ""), "certificate_file PATH holds no private key; append the key to it, or name the file with the key in certificate_key_file", crt},
		"no key in its file":   {withCertificate(file(t, "a", k.CertificatePEM()), crt), "certificate_key_file PATH holds no private key in PEM form; name the file with the key of the certificate", crt},
		"a broken key":         {withCertificate(file(t, "bad", k.CertificatePEM(), []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")), ""), "certificate_file PATH holds a private key that cannot be read; write it as PEM again (PKCS #8 or PKCS #1)", ""},
		"an encrypted key":     {withCertificate(file(t, "app.pem", k.CertificatePEM(), encrypted), ""), "certificate_file PATH " + noPassword, ""},
		"a legacy password":    {withCertificate(file(t, "app.pem", k.CertificatePEM(), legacy), ""), "certificate_file PATH " + noPassword, ""},
		"an EC key":            {withCertificate(file(t, "app.pem", k.CertificatePEM(), ecKey(t)), ""), "certificate_file PATH holds a key that is not an RSA key; make a certificate with an RSA key of 2048 bits or more: Entra ID takes no other", ""},
		"another key":          {withCertificate(file(t, "app.pem", k.CertificatePEM(), secondKey().PKCS8PEM()), ""), "certificate_file PATH holds a key that does not belong to the certificate in PATH; put certificate and key of one pair in place; when they were just being replaced, nothing", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := with(tt.change)
			path := tt.path
			if path == "" {
				path = s.CertificateFile + s.ClientSecretFile
			}
			_, err := New(s, new(http.Client), time.Now)
			require.EqualError(t, err, strings.ReplaceAll(tt.want, "PATH", path))
		})
	}
}

func TestAFileThatMayNotBeReadIsNamed(t *testing.T) {
	t.Parallel()
	path := file(t, "secret", []byte(testSecret))
	require.NoError(t, os.Chmod(path, 0))
	if _, err := os.ReadFile(path); err == nil {
		t.Skip("this user may read every file")
	}
	_, err := New(with(withSecretFile(path)), new(http.Client), time.Now)
	require.EqualError(t, err, "client_secret_file "+path+" cannot be read: permission denied; name a file that the user of Fluent Bit may read")
}

// echo refuses every request with all that it holds.
func echo(code int) *endpoint {
	e := &endpoint{}
	e.answer = func(n int, r *http.Request) (*http.Response, error) {
		e.mu.Lock()
		form := e.forms[n-1]
		e.mu.Unlock()
		said := []string{form.Encode()}
		for _, values := range form {
			said = append(said, values...)
		}
		for _, values := range r.Header {
			said = append(said, values...)
		}
		return reply(401, fmt.Sprintf(`{"error":"invalid_client","error_description":"AADSTS%d: %s","error_codes":[%d]}`, code, strings.Join(said, " "), code))
	}
	return e
}

func TestNoErrorShowsACredential(t *testing.T) {
	t.Parallel()
	token := federatedToken(time.Hour)
	key := firstKey().PKCS8PEM()
	keyLine := strings.Split(string(key), "\n")[3]
	for name, change := range map[string]func(*config.Settings){
		"secret":      func(s *config.Settings) { s.ClientSecret = testSecret },
		"secret file": withSecretFile(file(t, "secret", []byte(testSecret))),
		"certificate": withCertificate(file(t, "app.pem", firstKey().CertificatePEM(), key), ""),
		"federated":   withFederated(file(t, "token", token)),
		"opaque":      withFederated(file(t, "token", []byte(testSecret))),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, code := range []int{7000215, 700027, 700024, 700213, 7999999} {
				e := echo(code)
				s, err := New(with(change), &http.Client{Transport: e}, time.Now)
				require.NoError(t, err)
				failure := failureOf(t, s)
				about, err := s.About()
				require.NoError(t, err)
				said := fmt.Sprintf("%v %+v %#v %s %s", failure, failure, *failure, failure.Advice(), about.Text)
				require.NotEmpty(t, e.forms)
				for _, part := range []string{testSecret, url.QueryEscape(testSecret), strings.TrimSpace(string(token)), keyLine, e.forms[0].Get("client_assertion"), "eyJ"} {
					if part != "" {
						assert.NotContains(t, said, part)
					}
				}
			}
		})
	}
}

func TestAboutNamesWhoSignsInAndWithWhat(t *testing.T) {
	t.Parallel()
	secret, pem, token := file(t, "secret", []byte(testSecret)), file(t, "app.pem", firstKey().CertificatePEM(), firstKey().PKCS8PEM()), file(t, "token", federatedToken(time.Hour))
	claims, err := Inspect(string(bytes.TrimSpace(must(os.ReadFile(token)))))
	require.NoError(t, err)
	for want, tt := range map[string]struct {
		change func(*config.Settings)
		ends   time.Time
	}{
		"app " + testClient + " with the secret of client_secret":                                {func(s *config.Settings) { s.ClientSecret = testSecret }, time.Time{}},
		"app " + testClient + " with the secret of client_secret_file " + secret:                 {withSecretFile(secret), time.Time{}},
		"app " + testClient + " with the certificate CN=first, thumbprint ":                      {withCertificate(pem, ""), firstKey().Certificate.NotAfter},
		"app " + testClient + " with the federated token of " + token + " (issuer https://clust": {withFederated(token), claims.Expires},
	} {
		s, err := New(with(tt.change), new(http.Client), time.Now)
		require.NoError(t, err)
		got, err := s.About()
		require.NoError(t, err)
		assert.True(t, strings.HasPrefix(got.Text, want), got.Text)
		assert.Equal(t, tt.ends, got.Ends)
	}
	missing := withFederated("/nowhere/token")
	s, err := New(with(missing), new(http.Client), time.Now)
	require.NoError(t, err)
	_, err = s.About()
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestOnlyKnownMethodsAreTaken(t *testing.T) {
	t.Parallel()
	_, err := New(with(func(s *config.Settings) { s.AuthMethod = config.AuthAuto }), new(http.Client), time.Now)
	require.EqualError(t, err, "auth_method auto is unknown")
	_, err = New(with(func(*config.Settings) {}), new(http.Client), time.Now)
	require.ErrorContains(t, err, "client_secret is empty")
}
