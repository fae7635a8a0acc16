package tls

import (
	"crypto/x509"
	"encoding/pem"
	"maps"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// authority is the inputs of a self-signed CA.
func authority(key string) map[string]any {
	return map[string]any{
		"privateKeyPem": key, "subject": map[string]any{"commonName": "Testing CA", "organization": "Bastide"},
		"allowedUses": []any{"cert_signing", "crl_signing"}, "isCaCertificate": true, "validityPeriodHours": 1000,
	}
}

// leaf is the inputs of a server certificate that a CA signs.
func (t *tlsTest) leaf(caKey, caCert string) map[string]any {
	t.Helper()
	asked := t.make(certRequest, map[string]any{
		"privateKeyPem": t.key(), "subject": map[string]any{"commonName": "server"},
		"dnsNames": []any{"vault.test", "*.internal.test"}, "ipAddresses": []any{"10.1.2.3", "::1"}, "uris": []any{"spiffe://test/vault"},
	})
	return map[string]any{
		"certRequestPem": asked.text("certRequestPem"), "caPrivateKeyPem": caKey, "caCertPem": caCert,
		"allowedUses":         []any{"digital_signature", "key_encipherment", "server_auth"},
		"validityPeriodHours": 100, "earlyRenewalHours": 30,
	}
}

func (t *tlsTest) certificate(of state) *x509.Certificate {
	t.Helper()
	block, rest := pem.Decode([]byte(of.text("certPem")))
	require.NotNil(t, block)
	require.Empty(t, rest)
	parsed, err := x509.ParseCertificate(block.Bytes)
	require.NoError(t, err)
	return parsed
}

func TestLeafVerifiesForItsNamesUsesAndTimesOnly(t *testing.T) {
	test := testTLS(t)
	caKey := test.key()
	ca := test.make(selfSignedCert, authority(caKey))
	leaf := test.make(locallySignedCert, test.leaf(caKey, ca.text("certPem")))
	roots := x509.NewCertPool()
	roots.AddCert(test.certificate(ca))
	verify := func(name string, at time.Time, use x509.ExtKeyUsage) error {
		_, err := test.certificate(leaf).Verify(x509.VerifyOptions{DNSName: name, Roots: roots, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{use}})
		return err
	}

	for _, name := range []string{"vault.test", "a.internal.test", "10.1.2.3", "::1"} {
		assert.NoError(t, verify(name, start, x509.ExtKeyUsageServerAuth), name)
	}
	for _, name := range []string{"server", "x.vault.test", "a.b.internal.test", "10.1.2.4", "::2"} {
		assert.Error(t, verify(name, start, x509.ExtKeyUsageServerAuth), name)
	}
	assert.Error(t, verify("vault.test", start, x509.ExtKeyUsageClientAuth))
	assert.NoError(t, verify("vault.test", start.Add(100*time.Hour), x509.ExtKeyUsageServerAuth))
	assert.Error(t, verify("vault.test", start.Add(100*time.Hour+time.Second), x509.ExtKeyUsageServerAuth))
	assert.Error(t, verify("vault.test", start.Add(-time.Second), x509.ExtKeyUsageServerAuth))

	otherRoots := x509.NewCertPool()
	otherRoots.AddCert(test.certificate(test.make(selfSignedCert, authority(test.key()))))
	_, err := test.certificate(leaf).Verify(x509.VerifyOptions{Roots: otherRoots, CurrentTime: start})
	assert.Error(t, err)
}

func TestCertificatesHaveTheRequestedFields(t *testing.T) {
	test := testTLS(t)
	caKey := test.key()
	ca := test.make(selfSignedCert, authority(caKey))
	root := test.certificate(ca)
	assert.True(t, root.IsCA)
	assert.Equal(t, x509.KeyUsageCertSign|x509.KeyUsageCRLSign, root.KeyUsage)
	assert.Equal(t, "CN=Testing CA,O=Bastide", root.Subject.String())
	assert.NotEmpty(t, root.SubjectKeyId)
	assert.Equal(t, "ECDSA", ca.text("keyAlgorithm"))
	assert.Equal(t, "2026-03-01T12:00:00Z", ca.text("validityStartTime"))
	assert.Equal(t, "2026-04-12T04:00:00Z", ca.text("validityEndTime"))
	assert.Equal(t, ca.id.String(), root.SerialNumber.String())
	assert.False(t, ca.outputs["readyForRenewal"].BoolValue())
	assert.False(t, ca.outputs["setSubjectKeyId"].BoolValue())

	inputs := test.leaf(caKey, ca.text("certPem"))
	inputs["setSubjectKeyId"] = true
	made := test.make(locallySignedCert, inputs)
	leaf := test.certificate(made)
	assert.False(t, leaf.IsCA)
	assert.Equal(t, "CN=server", leaf.Subject.String())
	assert.Equal(t, "spiffe://test/vault", leaf.URIs[0].String())
	assert.Equal(t, root.SubjectKeyId, leaf.AuthorityKeyId)
	assert.Len(t, leaf.SubjectKeyId, 20)
	assert.Equal(t, "ECDSA", made.text("caKeyAlgorithm"))
	assert.False(t, leaf.NotAfter.After(root.NotAfter))
}

func TestSelfSignedCertificateWithAuthorityKeyIDNeedsASubjectKeyID(t *testing.T) {
	test := testTLS(t)
	inputs := authority(test.key())
	inputs["setAuthorityKeyId"] = true
	made := test.certificate(test.make(selfSignedCert, inputs))
	assert.Equal(t, made.SubjectKeyId, made.AuthorityKeyId)
	delete(inputs, "isCaCertificate")
	_, _, err := test.create(selfSignedCert, inputs, false)
	assert.ErrorContains(t, err, "setSubjectKeyId")
}

func TestCreateRejectsInvalidCertificates(t *testing.T) {
	test := testTLS(t)
	caKey, otherKey := test.key(), test.key()
	leaf := test.leaf(caKey, test.make(selfSignedCert, authority(caKey)).text("certPem"))
	for _, bad := range []struct {
		kind   tokens.Type
		inputs map[string]any
		change map[string]any
		text   string
	}{
		{locallySignedCert, leaf, map[string]any{"caPrivateKeyPem": otherKey}, "not the key of the certificate"},
		{locallySignedCert, leaf, map[string]any{"caCertPem": otherKey}, `caCertPem: is not a PEM block "CERTIFICATE"`},
		{locallySignedCert, leaf, map[string]any{"certRequestPem": "x"}, "certRequestPem: is not a PEM block"},
		{selfSignedCert, authority(caKey), map[string]any{"subject": map[string]any{}}, "needs a name"},
		{selfSignedCert, authority(caKey), map[string]any{"ipAddresses": []any{"vault.test"}}, `"vault.test" is not an IP address`},
		{selfSignedCert, authority(caKey), map[string]any{"privateKeyPem": "x"}, "privateKeyPem: is not PEM"},
		{selfSignedCert, authority(caKey), map[string]any{"privateKeyPem": "-----BEGIN RSA PRIVATE KEY-----\n-----END RSA PRIVATE KEY-----\n"}, "internal/rehearsal/tls/keys.go"},
	} {
		inputs := maps.Clone(bad.inputs)
		maps.Copy(inputs, bad.change)
		_, _, err := test.create(bad.kind, inputs, false)
		assert.ErrorContains(t, err, bad.text)
	}
}
