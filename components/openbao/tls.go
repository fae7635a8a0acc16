package openbao

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi-tls/sdk/v5/go/tls"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/scope"
)

// How long certificates are valid, and how long before they expire an `up` renews them, in
// hours.
const (
	day = 24

	authorityHours = 10 * 365 * day
	authorityEarly = 365 * day
	serverHours    = 365 * day
	serverEarly    = 90 * day
)

// certificates are the servers' certificate and key, and the CA certificate.
type certificates struct {
	authority, server, key pulumi.StringOutput // PEM
	secret                 pulumi.StringOutput // name of the Secret that holds all three
}

// names are all DNS names by which clients may call a server.
func names() []string {
	all := []string{"localhost"}
	for _, service := range []string{allService, activeService, "*." + internalService} {
		for _, suffix := range []string{"", "." + namespace, "." + namespace + ".svc", "." + namespace + ".svc.cluster.local"} {
			all = append(all, service+suffix)
		}
	}
	return all
}

// createCertificates creates a CA for OpenBao alone, and one certificate for all servers.
// Both private keys are secrets in the state; the CA's is nowhere else.
func (o *OpenBao) createCertificates(s scope.Scope) error {
	authorityKey, authority, err := o.createAuthority(s)
	if err != nil {
		return err
	}
	key, err := newKey(s, "server-key")
	if err != nil {
		return err
	}
	request, err := tls.NewCertRequest(s.Context(), s.Name("certificate-request"), &tls.CertRequestArgs{
		PrivateKeyPem: key.PrivateKeyPem,
		Subject:       tls.CertRequestSubjectArgs{CommonName: pulumi.String(allService)},
		DnsNames:      pulumi.ToStringArray(names()),
		IpAddresses:   pulumi.ToStringArray([]string{"127.0.0.1"}),
	}, s.Child()...)
	if err != nil {
		return err
	}
	certificate, err := tls.NewLocallySignedCert(s.Context(), s.Name("certificate"), &tls.LocallySignedCertArgs{
		CaPrivateKeyPem:     authorityKey.PrivateKeyPem,
		CaCertPem:           authority.CertPem,
		CertRequestPem:      request.CertRequestPem,
		AllowedUses:         pulumi.ToStringArray([]string{"digital_signature", "server_auth"}),
		ValidityPeriodHours: pulumi.Int(serverHours),
		EarlyRenewalHours:   pulumi.Int(serverEarly),
	}, s.Child()...)
	if err != nil {
		return err
	}
	o.tls = certificates{authority: authority.CertPem, server: certificate.CertPem, key: key.PrivateKeyPem}
	o.CertificateAuthority = authority.CertPem
	return nil
}

// mountCertificates creates the Secret and the ConfigMaps that pods mount: the certificates
// and the key for servers, the CA certificate for each client namespace.
func (o *OpenBao) mountCertificates(s scope.Scope) error {
	secret, err := corev1.NewSecret(s.Context(), s.Name("tls"), &corev1.SecretArgs{
		Metadata: meta("openbao-tls", serverLabels),
		Type:     pulumi.String("kubernetes.io/tls"),
		Data: pulumi.StringMap{
			"tls.crt": encoded(o.tls.server),
			"tls.key": encoded(o.tls.key),
			"ca.crt":  encoded(o.tls.authority),
		},
	}, s.Child()...)
	if err != nil {
		return err
	}
	o.tls.secret = secret.Metadata.Name().Elem()
	for _, client := range slices.Sorted(maps.Keys(o.cluster.Clients)) {
		_, err := createMap(s, "authority-"+client, shared(client, authorityMap), pulumi.StringMap{"ca.crt": o.tls.authority},
			pulumi.DependsOn([]pulumi.Resource{o.cluster.Clients[client]}))
		if err != nil {
			return err
		}
	}
	return nil
}

// authorityMap is the ConfigMap with ca.crt in each client namespace.
const authorityMap = "openbao-ca"

// encoded is the base64 form in which the API server returns a Secret's data, so that
// inputs and state agree. With stringData they would differ.
func encoded(text pulumi.StringOutput) pulumi.StringOutput {
	return text.ApplyT(func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }).(pulumi.StringOutput)
}

func (o *OpenBao) createAuthority(s scope.Scope) (*tls.PrivateKey, *tls.SelfSignedCert, error) {
	key, err := newKey(s, "authority-key")
	if err != nil {
		return nil, nil, err
	}
	authority, err := tls.NewSelfSignedCert(s.Context(), s.Name("authority"), &tls.SelfSignedCertArgs{
		PrivateKeyPem:       key.PrivateKeyPem,
		Subject:             tls.SelfSignedCertSubjectArgs{CommonName: pulumi.String(fmt.Sprintf("OpenBao of %s", o.args.title()))},
		IsCaCertificate:     pulumi.Bool(true),
		SetSubjectKeyId:     pulumi.Bool(true),
		AllowedUses:         pulumi.ToStringArray([]string{"cert_signing", "crl_signing"}),
		ValidityPeriodHours: pulumi.Int(authorityHours),
		EarlyRenewalHours:   pulumi.Int(authorityEarly),
	}, s.Child()...)
	return key, authority, err
}

func newKey(s scope.Scope, role string) (*tls.PrivateKey, error) {
	return tls.NewPrivateKey(s.Context(), s.Name(role), &tls.PrivateKeyArgs{
		Algorithm:  pulumi.String("ECDSA"),
		EcdsaCurve: pulumi.String("P256"),
	}, s.Child()...)
}
