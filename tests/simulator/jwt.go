package simulator

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// claims are those of an app-only access token of Entra ID.
type claims struct {
	Audience  string   `json:"aud"`
	Issuer    string   `json:"iss"`
	IssuedAt  int64    `json:"iat"`
	NotBefore int64    `json:"nbf"`
	Expires   int64    `json:"exp"`
	App       string   `json:"appid"`
	IDType    string   `json:"idtyp"`
	Object    string   `json:"oid"`
	Roles     []string `json:"roles,omitempty"`
	Subject   string   `json:"sub"`
	Tenant    string   `json:"tid"`
	Serial    string   `json:"uti"` // the number of the token in this simulator
	Version   string   `json:"ver"`
}

func (cl claims) has(role string) bool { return slices.Contains(cl.Roles, role) }

func (cl claims) serial() int {
	n, err := strconv.Atoi(cl.Serial)
	if err != nil {
		return 0
	}
	return n
}

// signingKey is made once a process, like the keys of Entra ID that all tenants
// share: a token of one tenant is genuine in another, and refused for its tid.
var signingKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(fmt.Sprintf("simulator: signing key: %v", err))
	}
	return key
})

func keyID() string {
	sum := sha256.Sum256(signingKey().N.Bytes())
	return base64.RawURLEncoding.EncodeToString(sum[:20])
}

// sign returns the claims as an access token.
func sign(cl claims) string {
	return signJWT(signingKey(), map[string]string{"typ": "JWT", "alg": "RS256", "x5t": keyID(), "kid": keyID()}, cl)
}

// signJWT returns a JWT signed by RS256.
func signJWT(key *rsa.PrivateKey, header map[string]string, cl any) string {
	signed := base64.RawURLEncoding.EncodeToString(jsonReply(0, header).body) + "." + base64.RawURLEncoding.EncodeToString(jsonReply(0, cl).body)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(fmt.Sprintf("simulator: sign: %v", err))
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// verifiedTokens bounds the memory of checked signatures.
const verifiedTokens = 1000

// verify checks the signature of a token, once each. The caller holds s.mu.
func (s *Simulator) verify(token string) (claims, bool) {
	if cl, ok := s.verified[token]; ok {
		return cl, true
	}
	dot := strings.LastIndexByte(token, '.')
	if dot < 0 {
		return claims{}, false
	}
	signature, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
	if err != nil {
		return claims{}, false
	}
	sum := sha256.Sum256([]byte(token[:dot]))
	if rsa.VerifyPKCS1v15(&signingKey().PublicKey, crypto.SHA256, sum[:], signature) != nil {
		return claims{}, false
	}
	cl, ok := peek(token)
	if !ok {
		return claims{}, false
	}
	if len(s.verified) >= verifiedTokens {
		maps.DeleteFunc(s.verified, func(string, claims) bool { return true })
	}
	s.verified[token] = cl
	return cl, true
}

// peek reads the claims of a token without trusting them.
func peek(token string) (claims, bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return claims{}, false
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return claims{}, false
	}
	var cl claims
	if json.Unmarshal(text, &cl) != nil {
		return claims{}, false
	}
	return cl, true
}

// keys is the JSON web key set of the metadata.
func keys() reply {
	public := signingKey().PublicKey
	return jsonReply(http.StatusOK, map[string]any{"keys": []map[string]string{{
		"kty": "RSA", "use": "sig", "kid": keyID(), "x5t": keyID(),
		"n": base64.RawURLEncoding.EncodeToString(public.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(public.E)).Bytes()),
	}}})
}

// newGUID is a fresh random GUID, as trace and correlation ids are.
func (*call) newGUID() string {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic(fmt.Sprintf("simulator: random: %v", err))
	}
	var dst [36]byte
	return string(appendGUID(dst[:0], binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])))
}
