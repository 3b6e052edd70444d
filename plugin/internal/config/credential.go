package config

import (
	"os"
	"slices"
	"strings"
)

// federatedTokenVariable is set by the webhook of Azure workload identity, in
// every container whose service account asks for it.
const federatedTokenVariable = "AZURE_FEDERATED_TOKEN_FILE"

// credential is a setting that proves the identity of the app.
type credential struct {
	key    string
	method AuthMethod
	value  func(*Settings) string
}

var credentials = []credential{
	{"client_secret", AuthSecret, func(s *Settings) string { return s.ClientSecret.Reveal() }},
	{"client_secret_file", AuthSecret, func(s *Settings) string { return s.ClientSecretFile }},
	{"certificate_file", AuthCertificate, func(s *Settings) string { return s.CertificateFile }},
	{"federated_token_file", AuthWorkloadIdentity, func(s *Settings) string { return s.FederatedTokenFile }},
}

// managedIdentity reports whether the section asks for one: then client_id may be
// missing.
func managedIdentity(get func(key string) string) bool {
	return strings.EqualFold(strings.TrimSpace(get("auth_method")), string(AuthManagedIdentity))
}

// checkCredential resolves auth_method and wants exactly one credential for it.
func (p *parser) checkCredential() {
	if p.s.CertificateKeyFile != "" && p.s.CertificateFile == "" && p.good("certificate_file") {
		p.problem("certificate_key_file", "", "is set without certificate_file; set that to the certificate of the key")
		return
	}
	if !p.good("auth_method") {
		return
	}
	wanted, others := p.credentialsSet()
	if len(wanted) == 0 && p.takesTokenOfTheEnvironment() {
		p.s.FederatedTokenFile = os.Getenv(federatedTokenVariable)
		p.s.AuthMethod = AuthWorkloadIdentity
		return
	}
	switch {
	case p.s.AuthMethod == AuthManagedIdentity:
	case len(wanted) == 0:
		p.missingCredential()
	case len(wanted) > 1:
		p.contradiction(wanted)
	default:
		p.s.AuthMethod = wanted[0].method
	}
	for _, c := range others {
		p.warnings = append(p.warnings, c.key+" is set and not used, for auth_method is "+string(p.s.AuthMethod)+"; remove one of them")
	}
}

// credentialsSet parts the credentials that are set into those that auth_method
// wants and the others.
func (p *parser) credentialsSet() (wanted, others []credential) {
	for _, c := range credentials {
		switch {
		case c.value(&p.s) == "":
		case p.s.AuthMethod == AuthAuto || p.s.AuthMethod == c.method:
			wanted = append(wanted, c)
		default:
			others = append(others, c)
		}
	}
	return wanted, others
}

// takesTokenOfTheEnvironment reports whether the section leaves the credential to
// the environment. A credential that was meant and cannot be read does not.
func (p *parser) takesTokenOfTheEnvironment() bool {
	return slices.Contains([]AuthMethod{AuthAuto, AuthWorkloadIdentity}, p.s.AuthMethod) &&
		os.Getenv(federatedTokenVariable) != "" &&
		p.good("client_secret_file", "certificate_file", "federated_token_file")
}

// missingCredential names the setting that is missing, unless it is there and
// wrong.
func (p *parser) missingCredential() {
	switch p.s.AuthMethod {
	case AuthCertificate:
		if p.good("certificate_file") {
			p.problem("certificate_file", "", "is missing; set it to the PEM file with the certificate of the app")
		}
	case AuthWorkloadIdentity:
		if p.good("federated_token_file") {
			p.problem("federated_token_file", "", "is missing, and so is $"+federatedTokenVariable+"; set it to the file with the token of the workload identity")
		}
	default:
		if p.good("client_secret_file", "certificate_file", "federated_token_file") {
			p.problem("client_secret", "", "is missing; set it to the value of a client secret of the app, or set another credential: "+
				"client_secret_file, certificate_file, federated_token_file or auth_method managed_identity (a variable that is not set counts as empty)")
		}
	}
}

func (p *parser) contradiction(set []credential) {
	keys := make([]string, len(set))
	for i, c := range set {
		keys[i] = c.key
	}
	last := len(keys) - 1
	reason := "are both set; keep one"
	if last > 1 {
		reason = "are all set; keep one"
	}
	p.problem(strings.Join(keys[:last], ", ")+" and "+keys[last], "", reason)
}
