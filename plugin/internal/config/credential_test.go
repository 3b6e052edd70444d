package config

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// signingIn returns a section without a credential, changed by keys and values.
func signingIn(changes ...string) map[string]string {
	return section(append([]string{"client_secret", ""}, changes...)...)
}

func TestTheCredentialThatIsSetGivesTheMethod(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		section map[string]string
		want    AuthMethod
	}{
		"a secret":                  {section(), AuthSecret},
		"a secret in a file":        {signingIn("client_secret_file", "/run/secret"), AuthSecret},
		"a certificate":             {signingIn("certificate_file", "app.pem"), AuthCertificate},
		"a certificate and its key": {signingIn("certificate_file", "app.pem", "certificate_key_file", "app.key"), AuthCertificate},
		"a federated token":         {signingIn("federated_token_file", "token"), AuthWorkloadIdentity},
		"a method beside it":        {signingIn("certificate_file", "app.pem", "auth_method", "Certificate"), AuthCertificate},
		"a managed identity":        {signingIn("auth_method", "managed_identity"), AuthManagedIdentity},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, warnings, err := parse(tt.section)
			require.NoError(t, err)
			assert.Equal(t, tt.want, got.AuthMethod)
			assert.Empty(t, warnings)
			for key, value := range tt.section {
				if strings.HasSuffix(key, "_file") {
					assert.Equal(t, value, effective(&got)[key])
				}
			}
		})
	}
}

func TestAutoWantsExactlyOneCredential(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]map[string]string{
		"client_secret and certificate_file are both set; keep one":                                          section("certificate_file", "app.pem"),
		"client_secret and client_secret_file are both set; keep one":                                        section("client_secret_file", "/run/secret"),
		"certificate_file and federated_token_file are both set; keep one":                                   signingIn("certificate_file", "app.pem", "federated_token_file", "token"),
		"client_secret, client_secret_file, certificate_file and federated_token_file are all set; keep one": section("client_secret_file", "f", "certificate_file", "app.pem", "federated_token_file", "token"),
		"client_secret is missing; set it to the value of a client secret of the app, or set another credential: " +
			"client_secret_file, certificate_file, federated_token_file or auth_method managed_identity (a variable that is not set counts as empty)": signingIn(),
		"certificate_key_file is set without certificate_file; set that to the certificate of the key": signingIn("certificate_key_file", "app.key"),
	} {
		_, _, err := parse(s)
		assert.EqualError(t, err, want)
	}
}

func TestAMethodTakesItsOwnCredentialAndWarnsOfOthers(t *testing.T) {
	t.Parallel()
	got, warnings, err := parse(section("auth_method", "certificate", "certificate_file", "app.pem"))
	require.NoError(t, err)
	assert.Equal(t, AuthCertificate, got.AuthMethod)
	assert.Equal(t, []string{"client_secret is set and not used, for auth_method is certificate; remove one of them"}, warnings)

	_, _, err = parse(section("auth_method", "secret", "client_secret_file", "/run/secret"))
	require.EqualError(t, err, "client_secret and client_secret_file are both set; keep one")
}

func TestOnlyAManagedIdentityNeedsNoClientID(t *testing.T) {
	t.Parallel()
	got, warnings, err := parse(signingIn("auth_method", " Managed_Identity ", "client_id", ""))
	require.NoError(t, err)
	assert.Empty(t, got.ClientID, "the system-assigned one")
	assert.Empty(t, warnings)

	got, _, err = parse(signingIn("auth_method", "managed_identity"))
	require.NoError(t, err)
	assert.Equal(t, client, got.ClientID, "the user-assigned one")

	_, _, err = parse(signingIn("federated_token_file", "token", "client_id", ""))
	assert.ErrorContains(t, err, "client_id is missing")
}

func TestATokenFileOfTheEnvironmentIsTakenWhereNothingElseIsSet(t *testing.T) {
	const path = "/var/run/secrets/azure/tokens/azure-identity-token"
	t.Setenv("AZURE_FEDERATED_TOKEN_FILE", path)
	for _, method := range []string{"", "auto", "workload_identity"} {
		got, warnings, err := parse(signingIn("auth_method", method))
		require.NoError(t, err, method)
		assert.Equal(t, AuthWorkloadIdentity, got.AuthMethod)
		assert.Equal(t, path, got.FederatedTokenFile)
		assert.Empty(t, warnings)
	}

	got, _, err := parse(signingIn("federated_token_file", "/other"))
	require.NoError(t, err)
	assert.Equal(t, "/other", got.FederatedTokenFile)

	got, warnings, err := parse(section())
	require.NoError(t, err, "the webhook of Azure sets it in every container")
	assert.Equal(t, AuthSecret, got.AuthMethod)
	assert.Empty(t, got.FederatedTokenFile)
	assert.Empty(t, warnings)

	_, _, err = parse(signingIn("certificate_file", "a\x00b"))
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "\n", "one mistake, one message")
}

func TestPublishedAuthoritiesAreTakenWithoutAPath(t *testing.T) {
	t.Parallel()
	for _, host := range publishedAuthorities {
		got, _, err := parse(section("authority", "https://"+host+"/"))
		require.NoError(t, err)
		assert.Equal(t, "https://"+host, got.Authority)
	}
	for _, c := range clouds {
		assert.Contains(t, publishedAuthorities, c.authority[len("https://"):])
	}
}
