package simulator

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // what x5t is made of, RFC 7515 section 4.1.7
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
)

// assertionLeeway is how far a clock may be off; 5 minutes are usual at Microsoft.
const assertionLeeway = 5 * time.Minute

// assertion is a client assertion, taken apart: a JWT that the app has signed
// with the key of a certificate, or that a federated issuer has signed for it.
type assertion struct {
	header struct {
		Algorithm string `json:"alg"`
		SHA1      string `json:"x5t"`
		SHA256    string `json:"x5t#S256"`
	}
	claims struct {
		Issuer    string   `json:"iss"`
		Subject   string   `json:"sub"`
		Audience  audience `json:"aud"`
		ID        string   `json:"jti"`
		NotBefore int64    `json:"nbf"`
		Expires   int64    `json:"exp"`
	}
	signed    string // what the signature is of
	signature []byte
}

// audience is the claim aud, a text or a list.
type audience []string

// UnmarshalJSON reads both shapes.
func (a *audience) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(a))
}

var errNoJWT = errors.New("no JWT")

func readAssertion(text string) (*assertion, error) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return nil, errNoJWT
	}
	a := &assertion{signed: parts[0] + "." + parts[1]}
	for i, to := range []any{&a.header, &a.claims} {
		part, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			return nil, errNoJWT
		}
		if json.Unmarshal(part, to) != nil {
			return nil, errNoJWT
		}
	}
	var err error
	if a.signature, err = base64.RawURLEncoding.DecodeString(parts[2]); err != nil {
		return nil, errNoJWT
	}
	return a, nil
}

// verify checks the signature by RS256 or PS256, the ways of Entra ID.
func (a *assertion) verify(key *rsa.PublicKey) bool {
	sum := sha256.Sum256([]byte(a.signed))
	switch a.header.Algorithm {
	case "RS256":
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], a.signature) == nil
	case "PS256":
		return rsa.VerifyPSS(key, crypto.SHA256, sum[:], a.signature, nil) == nil
	default:
		return false
	}
}

// checkAssertion returns the AADSTS code of what is wrong with a client
// assertion, or 0. An app proves itself with its certificate; anything else must
// come from an issuer that it federates with.
func (c *call) checkAssertion(kind, text string) int {
	if kind != assertionType {
		return c.invalidAssertion("The assertion type is unknown.")
	}
	a, err := readAssertion(text)
	if err != nil {
		return c.invalidAssertion("The assertion is no JWT.")
	}
	if a.header.SHA1 != "" || a.header.SHA256 != "" {
		c.entry.Credential = "certificate"
		return c.checkSigned(a)
	}
	c.entry.Credential = "federated"
	return c.checkFederated(a)
}

// checkSigned checks an assertion that the app has signed itself.
func (c *call) checkSigned(a *assertion) int {
	cert := c.registered(a)
	public, isRSA := publicKey(cert)
	switch {
	case cert == nil:
		return c.invalidAssertion("The key was not found., Thumbprint of key used by client: '" + a.thumbprint() + "'")
	case !isRSA || !a.verify(public):
		return c.invalidAssertion("The signature is invalid., Thumbprint of key used by client: '" + a.thumbprint() + "'")
	case c.now.Before(cert.NotBefore) || c.now.After(cert.NotAfter):
		return c.invalidAssertion("The key used is expired., Thumbprint of key used by client: '" + a.thumbprint() + "'")
	case !strings.EqualFold(a.claims.Issuer, c.opts.ClientID) || !strings.EqualFold(a.claims.Subject, c.opts.ClientID):
		return 700021
	case !slices.Equal(a.claims.Audience, audience{c.base + c.r.URL.Path}):
		return 700023
	case a.claims.ID == "" || !a.inForce(c.now):
		return 700024
	default:
		return 0
	}
}

// checkFederated checks an assertion that somebody else has signed for the app.
func (c *call) checkFederated(a *assertion) int {
	code, detail := 700211, a.claims.Issuer
	for _, f := range c.opts.Federated {
		switch {
		case f.Issuer.URL != a.claims.Issuer:
		case f.Subject != a.claims.Subject:
			code, detail = 700213, a.claims.Subject
		case !slices.Contains(a.claims.Audience, f.audience()):
			code, detail = 700212, strings.Join(a.claims.Audience, " ")
		case !a.verify(&f.Issuer.key.PublicKey):
			return c.invalidAssertion("The signature is invalid.")
		case !a.inForce(c.now):
			return 700024
		default:
			return 0
		}
	}
	c.detail = detail
	return code
}

func (f FederatedCredential) audience() string {
	if f.Audience == "" {
		return FederatedAudience
	}
	return f.Audience
}

func (a *assertion) inForce(now time.Time) bool {
	return a.claims.Expires != 0 &&
		now.Before(time.Unix(a.claims.Expires, 0).Add(assertionLeeway)) &&
		!now.Before(time.Unix(a.claims.NotBefore, 0).Add(-assertionLeeway))
}

// registered finds the certificate of the app that the assertion names.
func (c *call) registered(a *assertion) *x509.Certificate {
	for _, cert := range c.opts.Certificates {
		short, long := sha1.Sum(cert.Raw), sha256.Sum256(cert.Raw) //nolint:gosec // as above
		if a.header.SHA1 != "" && slices.Equal(decode(a.header.SHA1), short[:]) ||
			a.header.SHA256 != "" && slices.Equal(decode(a.header.SHA256), long[:]) {
			return cert
		}
	}
	return nil
}

func publicKey(cert *x509.Certificate) (*rsa.PublicKey, bool) {
	if cert == nil {
		return nil, false
	}
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	return key, ok
}

// thumbprint is how Entra ID shows the certificate that an assertion names.
func (a *assertion) thumbprint() string {
	text := a.header.SHA1
	if text == "" {
		text = a.header.SHA256
	}
	return strings.ToUpper(hex.EncodeToString(decode(text)))
}

// decode takes base64 in both alphabets, with padding and without: MSAL Go 1.10
// writes x5t#S256 in the one that JWTs do not have, and Entra ID takes it.
func decode(text string) []byte {
	text = strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(text)
	sum, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return sum
}

func (c *call) invalidAssertion(reason string) int {
	c.detail = reason
	return 700027
}
