package simulator

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"time"
)

// FederatedAudience is the audience that Entra ID wants in federated tokens of
// the public cloud.
const FederatedAudience = "api://AzureADTokenExchange"

// FederatedCredential says which federated tokens an app accepts in the place of
// a secret: those of this issuer and subject.
type FederatedCredential struct {
	Issuer   *Issuer
	Subject  string
	Audience string // FederatedAudience when empty
}

// Issuer gives out federated tokens, as the API server of a Kubernetes cluster
// does for service accounts.
type Issuer struct {
	URL string
	key *rsa.PrivateKey
}

// NewIssuer makes an issuer with a key of its own.
func NewIssuer(url string) (*Issuer, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("key of %s: %w", url, err)
	}
	return &Issuer{URL: url, key: key}, nil
}

// Token returns a signed token for the subject, valid from now for life.
func (i *Issuer) Token(subject, audience string, now time.Time, life time.Duration) string {
	header := map[string]string{"typ": "JWT", "alg": "RS256", "kid": "key of " + i.URL}
	return signJWT(i.key, header, map[string]any{
		"iss": i.URL, "sub": subject, "aud": []string{audience},
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(life).Unix(),
	})
}
