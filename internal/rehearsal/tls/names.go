package tls

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"net"
	"net/url"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// request is a certificate request with the names in inputs.
func request(inputs resource.PropertyMap) (*x509.CertificateRequest, error) {
	requested := &x509.CertificateRequest{Subject: subject(inputs["subject"]), DNSNames: texts(inputs, "dnsNames")}
	for _, given := range texts(inputs, "ipAddresses") {
		address := net.ParseIP(given)
		if address == nil {
			return nil, fmt.Errorf("ipAddresses: %q is not an IP address", given)
		}
		requested.IPAddresses = append(requested.IPAddresses, address)
	}
	for _, given := range texts(inputs, "uris") {
		uri, err := url.Parse(given)
		if err != nil {
			return nil, fmt.Errorf("uris: %w", err)
		}
		requested.URIs = append(requested.URIs, uri)
	}
	return requested, nil
}

// subject is a distinguished name.
func subject(given resource.PropertyValue) (name pkix.Name) {
	if !given.IsObject() {
		return name
	}
	fields := given.ObjectValue()
	name.CommonName, name.SerialNumber = text(fields, "commonName"), text(fields, "serialNumber")
	name.StreetAddress = texts(fields, "streetAddresses")
	for key, attribute := range map[resource.PropertyKey]*[]string{
		"organization": &name.Organization, "organizationalUnit": &name.OrganizationalUnit,
		"locality": &name.Locality, "province": &name.Province, "country": &name.Country, "postalCode": &name.PostalCode,
	} {
		if value := text(fields, key); value != "" {
			*attribute = []string{value}
		}
	}
	if address := text(fields, "emailAddress"); address != "" {
		name.ExtraNames = []pkix.AttributeTypeAndValue{{
			Type:  asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}, // RFC 5280, appendix A.1: emailAddress
			Value: asn1.RawValue{Tag: asn1.TagIA5String, Bytes: []byte(address)},
		}}
	}
	return name
}
