package kubernetes

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"time"

	certutil "k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

// authority is the CA of a control plane: it signs the certificates of the API server and
// of its users. Its key is kept in memory only.
type authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

// loopback is the address that a control plane listens on.
const loopback = "127.0.0.1"

func newAuthority() (*authority, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	certificate, err := certutil.NewSelfSignedCACert(certutil.Config{CommonName: "bastide-rehearsal"}, key)
	if err != nil {
		return nil, fmt.Errorf("making a certificate authority: %w", err)
	}
	return &authority{certificate, key}, nil
}

func newKey() (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	return key, nil
}

// newKeyPEM is a new private key, in PEM.
func newKeyPEM() ([]byte, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	return keyutil.MarshalPrivateKeyToPEM(key)
}

// pem is the authority's certificate.
func (a *authority) pem() ([]byte, error) { return certutil.EncodeCertificates(a.certificate) }

// server issues a server certificate for loopback.
func (a *authority) server() (certificate, key []byte, err error) {
	return a.issue(x509.Certificate{
		Subject: pkix.Name{CommonName: "kube-apiserver"}, IPAddresses: []net.IP{net.ParseIP(loopback)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
}

// user issues the client certificate of a user. Kubernetes reads the name and the groups
// from its subject.
func (a *authority) user(name, group string) (certificate, key []byte, err error) {
	return a.issue(x509.Certificate{
		Subject:     pkix.Name{CommonName: name, Organization: []string{group}},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
}

// issue signs a certificate, after filling in the fields that all have in common. It is
// valid for a week; rehearsals end within hours.
func (a *authority) issue(template x509.Certificate) (certificate, key []byte, err error) {
	private, err := newKey()
	if err != nil {
		return nil, nil, err
	}
	if template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64)); err != nil {
		return nil, nil, fmt.Errorf("making a serial number: %w", err)
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.NotBefore = time.Now().Add(-time.Minute)
	template.NotAfter = time.Now().AddDate(0, 0, 7)
	signed, err := x509.CreateCertificate(rand.Reader, &template, a.certificate, private.Public(), a.key)
	if err != nil {
		return nil, nil, fmt.Errorf("signing a certificate: %w", err)
	}
	made, err := x509.ParseCertificate(signed)
	if err != nil {
		return nil, nil, fmt.Errorf("reading a certificate: %w", err)
	}
	if certificate, err = certutil.EncodeCertificates(made); err != nil {
		return nil, nil, err
	}
	key, err = keyutil.MarshalPrivateKeyToPEM(private)
	return certificate, key, err
}
