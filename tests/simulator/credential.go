package simulator

import (
	"crypto/subtle"
	"net/url"
)

// assertionType is the only kind of client assertion that Entra ID takes.
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// credentialKind names what a token request proves itself with, for the log;
// checkAssertion is more exact about assertions.
func credentialKind(form url.Values) string {
	switch {
	case form.Get("client_assertion") != "":
		return "assertion"
	case form.Get("client_secret") != "":
		return "secret"
	default:
		return ""
	}
}

// checkCredential returns the AADSTS code of what is wrong with the proof of a
// token request, or 0. Each kind of credential has one case here.
func (s *Simulator) checkCredential(c *call, form url.Values) int {
	switch credentialKind(form) {
	case "secret":
		if subtle.ConstantTimeCompare([]byte(form.Get("client_secret")), []byte(c.opts.ClientSecret)) != 1 {
			return 7000215
		}
		return 0
	case "assertion":
		return c.checkAssertion(form.Get("client_assertion_type"), form.Get("client_assertion"))
	default:
		return 7000216
	}
}
