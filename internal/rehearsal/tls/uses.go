package tls

import (
	"crypto/x509"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// The values of allowedUses that the rehearsal supports. The SDK's comments spell them
// in camel case, but the provider accepts only Terraform's spelling.
var (
	keyUses = map[string]x509.KeyUsage{
		"digital_signature": x509.KeyUsageDigitalSignature,
		"key_encipherment":  x509.KeyUsageKeyEncipherment,
		"key_agreement":     x509.KeyUsageKeyAgreement,
		"cert_signing":      x509.KeyUsageCertSign,
		"crl_signing":       x509.KeyUsageCRLSign,
	}
	extendedUses = map[string]x509.ExtKeyUsage{
		"server_auth": x509.ExtKeyUsageServerAuth,
		"client_auth": x509.ExtKeyUsageClientAuth,
	}
)

func checkUses(inputs resource.PropertyMap) string {
	for _, use := range texts(inputs, "allowedUses") {
		_, plain := keyUses[use]
		_, extended := extendedUses[use]
		if !plain && !extended {
			return fmt.Sprintf("the rehearsal's tls provider supports %s, %s, not %q; if the real provider supports that, add it to internal/rehearsal/tls/uses.go", names(keyUses), names(extendedUses), use)
		}
	}
	return ""
}

func uses(inputs resource.PropertyMap) (plain x509.KeyUsage, extended []x509.ExtKeyUsage) {
	for _, use := range texts(inputs, "allowedUses") {
		plain |= keyUses[use]
		if usage, ok := extendedUses[use]; ok {
			extended = append(extended, usage)
		}
	}
	return plain, extended
}
