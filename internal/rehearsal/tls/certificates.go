package tls

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // RFC 5280, section 4.2.1.2, makes key identifiers with SHA-1
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// keyAndRequest is what somebody asks for, and the key to sign that with.
func keyAndRequest(inputs resource.PropertyMap) (*ecdsa.PrivateKey, *x509.CertificateRequest, error) {
	key, err := privateKey(inputs, "privateKeyPem")
	if err != nil {
		return nil, nil, err
	}
	asked, err := request(inputs)
	return key, asked, err
}

func makeRequest(inputs resource.PropertyMap, _ time.Time) (resource.PropertyMap, error) {
	key, asked, err := keyAndRequest(inputs)
	if err != nil {
		return nil, err
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, asked, key)
	if err != nil {
		return nil, fmt.Errorf("making the certificate request: %w", err)
	}
	return resource.PropertyMap{
		"id":             resource.NewProperty(identifier(der)),
		"certRequestPem": resource.NewProperty(encode("CERTIFICATE REQUEST", der)),
		"keyAlgorithm":   resource.NewProperty(algorithm),
	}, nil
}

func makeSelfSigned(inputs resource.PropertyMap, now time.Time) (resource.PropertyMap, error) {
	key, asked, err := keyAndRequest(inputs)
	if err != nil {
		return nil, err
	}
	asked.PublicKey = &key.PublicKey
	made, err := draft(inputs, asked, now)
	if err != nil {
		return nil, err
	}
	if yes(inputs, "setAuthorityKeyId") {
		if len(made.SubjectKeyId) == 0 {
			return nil, errors.New("setAuthorityKeyId: a certificate that signs itself needs setSubjectKeyId, too, or isCaCertificate")
		}
		made.AuthorityKeyId = made.SubjectKeyId
	}
	return sign(made, made, key, "keyAlgorithm")
}

// makeLocallySigned doesn't ask whether the request's signature is right, nor
// whether caCertPem is a CA's: the provider only warns of the latter, and who
// verifies the certificate refuses it.
func makeLocallySigned(inputs resource.PropertyMap, now time.Time) (resource.PropertyMap, error) {
	asked, err := read(inputs, "certRequestPem", "CERTIFICATE REQUEST", x509.ParseCertificateRequest)
	if err != nil {
		return nil, err
	}
	authority, err := read(inputs, "caCertPem", "CERTIFICATE", x509.ParseCertificate)
	if err != nil {
		return nil, err
	}
	key, err := privateKey(inputs, "caPrivateKeyPem")
	if err != nil {
		return nil, err
	}
	if !key.PublicKey.Equal(authority.PublicKey) {
		return nil, errors.New("caPrivateKeyPem: this is not the key of the certificate in caCertPem")
	}
	made, err := draft(inputs, asked, now)
	if err != nil {
		return nil, err
	}
	return sign(made, authority, key, "caKeyAlgorithm")
}

func read[T any](inputs resource.PropertyMap, input resource.PropertyKey, preamble string, parse func([]byte) (T, error)) (parsed T, err error) {
	der, err := decode(inputs, input, preamble)
	if err != nil {
		return parsed, err
	}
	if parsed, err = parse(der); err != nil {
		return parsed, fmt.Errorf("%s: %w", input, err)
	}
	return parsed, nil
}

// draft is the certificate that somebody asked for, as far as its issuer
// doesn't matter. Source: common_cert.go, createCertificate.
func draft(inputs resource.PropertyMap, asked *x509.CertificateRequest, now time.Time) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 128))
	if err != nil {
		return nil, fmt.Errorf("drawing a serial number: %w", err)
	}
	made := &x509.Certificate{
		SerialNumber: serial,
		Subject:      asked.Subject, DNSNames: asked.DNSNames, IPAddresses: asked.IPAddresses, URIs: asked.URIs,
		PublicKey: asked.PublicKey,
		NotBefore: now, NotAfter: now.Add(period(inputs, "validityPeriodHours")),
		BasicConstraintsValid: true, IsCA: yes(inputs, "isCaCertificate"),
	}
	made.KeyUsage, made.ExtKeyUsage = uses(inputs)
	if made.IsCA && len(made.Subject.ToRDNSequence()) == 0 {
		return nil, errors.New("subject: a certificate authority needs a name (RFC 5280, section 4.1.2.6)")
	}
	if made.IsCA || yes(inputs, "setSubjectKeyId") {
		made.SubjectKeyId, err = keyIdentifier(made.PublicKey)
	}
	return made, err
}

// keyIdentifier is made by the first way of RFC 5280, section 4.2.1.2.
func keyIdentifier(public any) ([]byte, error) {
	key, ok := public.(*ecdsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("the rehearsal identifies %s keys, not a %T; add that to internal/rehearsal/tls/tls_certificates.go", algorithm, public)
	}
	point, err := key.Bytes()
	sum := sha1.Sum(point) //nolint:gosec // see above
	return sum[:], err
}

func sign(template, issuer *x509.Certificate, key *ecdsa.PrivateKey, algorithmOutput resource.PropertyKey) (resource.PropertyMap, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, template.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("signing the certificate: %w", err)
	}
	start, err1 := template.NotBefore.MarshalText()
	end, err2 := template.NotAfter.MarshalText()
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("writing the certificate's times down: %w", err)
	}
	return resource.PropertyMap{
		"id":                resource.NewProperty(template.SerialNumber.String()),
		"certPem":           resource.NewProperty(encode("CERTIFICATE", der)),
		"validityStartTime": resource.NewProperty(string(start)),
		"validityEndTime":   resource.NewProperty(string(end)),
		algorithmOutput:     resource.NewProperty(algorithm),
	}, nil
}
