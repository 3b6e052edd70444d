package auth

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"

	"office365/plugin/internal/config"
)

// fixedSecret is the setting client_secret.
type fixedSecret config.Secret

func (s fixedSecret) read() (*evidence, error) {
	return secretEvidence(config.Secret(s).Reveal(), "client_secret", nil)
}

func (fixedSecret) mends() bool { return false }

// secretFile is the path in client_secret_file.
type secretFile string

func (f secretFile) read() (*evidence, error) {
	const key = "client_secret_file"
	raw, err := readFile(key, string(f))
	if err != nil {
		return nil, err
	}
	text := strings.TrimSpace(strings.TrimPrefix(string(raw), "\ufeff"))
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return nil, fileProblem(key, string(f), "holds more than one line of plain text",
			"write the secret into it and nothing else, as UTF-8")
	}
	return secretEvidence(text, key+" "+string(f), func(e *Error) {
		switch e.Code {
		case "AADSTS7000215", "AADSTS7000222", "AADSTS70002":
			e.advice = "put the Value of a client secret that has not expired (not its ID) into " + string(f) + "; it is read again for the next attempt"
		}
	})
}

func (secretFile) mends() bool { return false }

func secretEvidence(secret, from string, judge func(*Error)) (*evidence, error) {
	credential, err := confidential.NewCredFromSecret(secret)
	if err != nil {
		return nil, &Error{Kind: Configuration, Message: from + " is empty", advice: adviceSecret}
	}
	return &evidence{text: secret, credential: credential, secret: secret, about: About{Text: "the secret of " + from}, judge: judge}, nil
}
