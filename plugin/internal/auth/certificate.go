package auth

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // the thumbprint that Entra shows
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"strings"
	"time"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"
)

// certificateFiles are the paths in certificate_file and certificate_key_file; the
// key is in the first where there is no second.
type certificateFiles struct{ certificate, key string }

const (
	certificateKey = "certificate_file"
	privateKeyKey  = "certificate_key_file"
)

func (f certificateFiles) read() (*evidence, error) {
	text, err := readFile(certificateKey, f.certificate)
	if err != nil {
		return nil, err
	}
	certs, err := f.certificates(text)
	if err != nil {
		return nil, err
	}
	key, path, keyText := certificateKey, f.certificate, text
	if f.key != "" {
		key, path = privateKeyKey, f.key
		if keyText, err = readFile(key, path); err != nil {
			return nil, err
		}
	}
	private, err := privateKey(key, path, keyText)
	if err != nil {
		return nil, err
	}
	leaf := certificateOf(certs, private)
	if leaf == nil {
		return nil, fileProblem(key, path, "holds a key that does not belong to the certificate in "+f.certificate,
			"put certificate and key of one pair in place; when they were just being replaced, nothing")
	}
	credential, err := confidential.NewCredFromCert(certs, private)
	if err != nil {
		return nil, fileProblem(certificateKey, f.certificate, "cannot be used to sign in", adviceReport)
	}
	return &evidence{
		text:       string(text), // the key changes with it, for it belongs to it
		credential: credential,
		about:      About{"the certificate " + describe(leaf) + " of " + f.certificate, leaf.NotAfter.UTC()},
		judge:      func(e *Error) { f.judge(e, leaf) },
	}, nil
}

func (certificateFiles) mends() bool { return false }

// certificates returns those of a PEM file.
func (f certificateFiles) certificates(text []byte) ([]*x509.Certificate, error) {
	var certs []*x509.Certificate
	for block := range blocks(text) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fileProblem(certificateKey, f.certificate, "holds a certificate that cannot be read", "write it as PEM again")
		}
		certs = append(certs, cert)
	}
	if len(certs) == 0 {
		return nil, fileProblem(certificateKey, f.certificate, "holds no certificate in PEM form",
			"convert a .pfx file with: openssl pkcs12 -in app.pfx -out app.pem -nodes")
	}
	return certs, nil
}

// blocks yields the PEM blocks of a text.
func blocks(text []byte) func(yield func(*pem.Block) bool) {
	return func(yield func(*pem.Block) bool) {
		for {
			block, rest := pem.Decode(text)
			if block == nil || !yield(block) {
				return
			}
			text = rest
		}
	}
}

// privateKey returns the RSA key of a PEM file.
func privateKey(setting, path string, text []byte) (*rsa.PrivateKey, error) {
	for block := range blocks(text) {
		switch {
		case !strings.HasSuffix(block.Type, "PRIVATE KEY"):
			continue
		case block.Type == "ENCRYPTED PRIVATE KEY", block.Headers["DEK-Info"] != "":
			return nil, fileProblem(setting, path, "holds a key with a password",
				"take it off with: openssl pkcs8 -topk8 -nocrypt -in key.pem -out plain.pem, and let only the user of Fluent Bit read the result")
		}
		key, err := parseKey(block)
		if err != nil {
			return nil, fileProblem(setting, path, "holds a private key that cannot be read", "write it as PEM again (PKCS #8 or PKCS #1)")
		}
		private, ok := key.(*rsa.PrivateKey)
		if !ok {
			return nil, fileProblem(setting, path, "holds a key that is not an RSA key", "make a certificate with an RSA key of 2048 bits or more: Entra ID takes no other")
		}
		return private, nil
	}
	if setting == certificateKey {
		return nil, fileProblem(setting, path, "holds no private key", "append the key to it, or name the file with the key in certificate_key_file")
	}
	return nil, fileProblem(setting, path, "holds no private key in PEM form", "name the file with the key of the certificate")
}

func parseKey(block *pem.Block) (any, error) {
	switch block.Type {
	case "RSA PRIVATE KEY":
		return x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		return x509.ParseECPrivateKey(block.Bytes)
	default:
		return x509.ParsePKCS8PrivateKey(block.Bytes)
	}
}

// certificateOf finds the certificate of a key, nil when there is none. A file may
// hold a chain in any order.
func certificateOf(certs []*x509.Certificate, key *rsa.PrivateKey) *x509.Certificate {
	for _, cert := range certs {
		if public, ok := cert.PublicKey.(*rsa.PublicKey); ok && public.Equal(&key.PublicKey) {
			return cert
		}
	}
	return nil
}

// judge names the certificate as Entra's portal does. That it has ended is said
// without a look at the clock: who reads it has one.
func (f certificateFiles) judge(e *Error, leaf *x509.Certificate) {
	switch e.Code {
	case "AADSTS700027":
		e.advice = "upload the certificate of " + f.certificate + " to the app, under Certificates & secrets; it is " + describe(leaf)
	case "AADSTS700024":
		e.advice = "check the clock of this machine: the assertion that was signed with it is not valid at Microsoft's time"
	}
}

// describe names a certificate by what Entra's portal shows of it.
func describe(cert *x509.Certificate) string {
	sum := sha1.Sum(cert.Raw) //nolint:gosec // as above
	return fmt.Sprintf("%s, thumbprint %s, valid until %s", cert.Subject, bytes.ToUpper([]byte(hex.EncodeToString(sum[:]))), cert.NotAfter.UTC().Format(time.RFC3339))
}
