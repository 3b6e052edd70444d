package simulator

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"
)

// AppKey is an RSA key with a certificate that it has signed itself, as one makes
// them for an app registration. Options.Certificates registers the certificate.
type AppKey struct {
	Key         *rsa.PrivateKey
	Certificate *x509.Certificate
}

// NewAppKey makes a pair; its certificate is valid in [from, to).
func NewAppKey(name string, from, to time.Time) (*AppKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("key of %s: %w", name, err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return nil, fmt.Errorf("serial number of %s: %w", name, err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: from, NotAfter: to, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("certificate of %s: %w", name, err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("certificate of %s: %w", name, err)
	}
	return &AppKey{Key: key, Certificate: cert}, nil
}

// CertificatePEM is the certificate as a file holds it.
func (k *AppKey) CertificatePEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: k.Certificate.Raw})
}

// PKCS1PEM is the key in the older form: RSA PRIVATE KEY.
func (k *AppKey) PKCS1PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(k.Key)})
}

// PKCS8PEM is the key in the newer form: PRIVATE KEY.
func (k *AppKey) PKCS8PEM() []byte {
	der, err := x509.MarshalPKCS8PrivateKey(k.Key)
	if err != nil {
		panic(fmt.Sprintf("simulator: an RSA key in PKCS #8: %v", err)) // it has a form for every RSA key
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}
