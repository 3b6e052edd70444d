package auth

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"office365/plugin/internal/config"
)

// method is a way to get a token: the one of Settings.AuthMethod. Its methods may
// be called by several goroutines.
type method interface {
	// acquire makes one token request (two, when a new credential lies ready after
	// a refusal) and returns the token. What came over the wire is in the exchange
	// of ctx. The error is an *Error or the library's.
	acquire(ctx context.Context) (token string, err error)
	// judge improves on what the table says of a failure.
	judge(e *Error)
	// secrets are texts that no error may show.
	secrets() []string
	// about says who signs in, with the credential as it is now.
	about() (About, error)
}

// About says who signs in and with what, for people. It holds nothing secret.
type About struct {
	Text string    // one line
	Ends time.Time // of the certificate or the federated token; zero where no end is known
}

// newMethod returns the method of the settings. An error is a wrong setting, or a
// file that is not what its setting says.
func newMethod(s config.Settings, hc *http.Client) (method, error) {
	switch s.AuthMethod {
	case config.AuthSecret:
		if s.ClientSecretFile != "" {
			return newApp(s, hc, secretFile(s.ClientSecretFile))
		}
		return newApp(s, hc, fixedSecret(s.ClientSecret))
	case config.AuthCertificate:
		return newApp(s, hc, certificateFiles{s.CertificateFile, s.CertificateKeyFile})
	case config.AuthWorkloadIdentity:
		return newApp(s, hc, federatedFile(s.FederatedTokenFile))
	case config.AuthManagedIdentity:
		return newManagedIdentity(s, hc)
	default: // config.Parse resolves auto, and knows no other
		return nil, fmt.Errorf("auth_method %s is unknown", s.AuthMethod)
	}
}
