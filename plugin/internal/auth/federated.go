package auth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"
)

// federatedFile is the path in federated_token_file. Whoever runs the workload
// (Kubernetes, mostly) puts a new token there well before the old one ends.
type federatedFile string

func (f federatedFile) read() (*evidence, error) {
	raw, err := readFile("federated_token_file", string(f))
	if err != nil {
		return nil, err
	}
	token := strings.TrimSpace(string(raw))
	return &evidence{
		text: token, secret: token,
		credential: confidential.NewCredFromAssertionCallback(func(context.Context, confidential.AssertionRequestOptions) (string, error) {
			return token, nil
		}),
		about: About{"the federated token of " + string(f) + " (" + readOrigin(token).String() + ")", readOrigin(token).ends},
		judge: func(e *Error) { f.judge(e, readOrigin(token)) },
	}, nil
}

// mends: the token is written by another program, which may start later.
func (federatedFile) mends() bool { return true }

func (f federatedFile) judge(e *Error, o origin) {
	switch {
	case strings.HasPrefix(e.Code, "AADSTS70021"): // one for each claim, and longer ones for hints about letter case
		e.advice = "make a federated credential of the app, under Certificates & secrets, with what the token in " + string(f) + " holds: " + o.String()
	case e.Code == "AADSTS700024":
		e.advice = "see that whoever writes " + string(f) + " renews the token in it (" + o.String() + "), and check the clock of this machine"
	}
}

// origin is what a federated token says about itself; none of it is secret.
type origin struct {
	issuer, subject, audience string
	ends                      time.Time
}

// readOrigin reads a JWT without verifying it; a text that is none has no origin.
func readOrigin(token string) origin {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return origin{}
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return origin{}
	}
	var raw struct {
		Issuer   string          `json:"iss"`
		Subject  string          `json:"sub"`
		Audience json.RawMessage `json:"aud"`
		Expires  int64           `json:"exp"`
	}
	if json.Unmarshal(text, &raw) != nil {
		return origin{}
	}
	o := origin{issuer: oneLine(raw.Issuer), subject: oneLine(raw.Subject), audience: oneLine(firstAudience(raw.Audience))}
	if raw.Expires > 0 {
		o.ends = time.Unix(raw.Expires, 0).UTC()
	}
	return o
}

// String words it as the form in Entra's portal does.
func (o origin) String() string {
	if o.issuer == "" {
		return "it is not a JSON Web Token"
	}
	return "issuer " + o.issuer + ", subject " + o.subject + ", audience " + o.audience + ", valid until " + o.ends.Format(time.RFC3339)
}
