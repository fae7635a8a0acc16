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

// keyAndRequest reads the requested names, and the key to sign them with.
func keyAndRequest(inputs resource.PropertyMap) (*ecdsa.PrivateKey, *x509.CertificateRequest, error) {
	key, err := privateKey(inputs, "privateKeyPem")
	if err != nil {
		return nil, nil, err
	}
	requested, err := request(inputs)
	return key, requested, err
}

func makeRequest(inputs resource.PropertyMap, _ time.Time) (resource.PropertyMap, error) {
	key, requested, err := keyAndRequest(inputs)
	if err != nil {
		return nil, err
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, requested, key)
	if err != nil {
		return nil, fmt.Errorf("creating the certificate request: %w", err)
	}
	return resource.PropertyMap{
		"id":             resource.NewProperty(identifier(der)),
		"certRequestPem": resource.NewProperty(encode("CERTIFICATE REQUEST", der)),
		"keyAlgorithm":   resource.NewProperty(algorithm),
	}, nil
}

func makeSelfSigned(inputs resource.PropertyMap, now time.Time) (resource.PropertyMap, error) {
	key, requested, err := keyAndRequest(inputs)
	if err != nil {
		return nil, err
	}
	requested.PublicKey = &key.PublicKey
	made, err := draft(inputs, requested, now)
	if err != nil {
		return nil, err
	}
	if yes(inputs, "setAuthorityKeyId") {
		if len(made.SubjectKeyId) == 0 {
			return nil, errors.New("setAuthorityKeyId: a self-signed certificate needs setSubjectKeyId or isCaCertificate as well")
		}
		made.AuthorityKeyId = made.SubjectKeyId
	}
	return sign(made, made, key, "keyAlgorithm")
}

// makeLocallySigned checks neither the request's signature nor whether caCertPem is a
// CA's certificate: the provider only warns about the latter, and verification of the
// certificate fails then.
func makeLocallySigned(inputs resource.PropertyMap, now time.Time) (resource.PropertyMap, error) {
	requested, err := read(inputs, "certRequestPem", "CERTIFICATE REQUEST", x509.ParseCertificateRequest)
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
		return nil, errors.New("caPrivateKeyPem: is not the key of the certificate in caCertPem")
	}
	made, err := draft(inputs, requested, now)
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

// draft is the requested certificate, without the fields that depend on its issuer.
// Source: common_cert.go, createCertificate.
func draft(inputs resource.PropertyMap, requested *x509.CertificateRequest, now time.Time) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 128))
	if err != nil {
		return nil, fmt.Errorf("generating a serial number: %w", err)
	}
	made := &x509.Certificate{
		SerialNumber: serial,
		Subject:      requested.Subject, DNSNames: requested.DNSNames, IPAddresses: requested.IPAddresses, URIs: requested.URIs,
		PublicKey: requested.PublicKey,
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

// keyIdentifier uses the first method of RFC 5280, section 4.2.1.2.
func keyIdentifier(public any) ([]byte, error) {
	key, ok := public.(*ecdsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("the rehearsal's tls provider supports %s keys, not a %T; add that to internal/rehearsal/tls/certificates.go", algorithm, public)
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
		return nil, fmt.Errorf("encoding the certificate's times: %w", err)
	}
	return resource.PropertyMap{
		"id":                resource.NewProperty(template.SerialNumber.String()),
		"certPem":           resource.NewProperty(encode("CERTIFICATE", der)),
		"validityStartTime": resource.NewProperty(string(start)),
		"validityEndTime":   resource.NewProperty(string(end)),
		algorithmOutput:     resource.NewProperty(algorithm),
	}, nil
}
