package tls

import (
	"maps"
	"slices"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// secret are the properties that the provider marks as secret in inputs and outputs:
// those that Terraform's schemas call sensitive. The Go SDK requests the same, but a
// program in YAML, for example, has no SDK.
var secret = []resource.PropertyKey{"privateKeyPem", "privateKeyPemPkcs8", "privateKeyOpenssh", "caPrivateKeyPem"}

// marked is a copy of properties with the secret ones marked.
func marked(properties resource.PropertyMap) resource.PropertyMap {
	properties = maps.Clone(properties)
	for key, value := range properties {
		if slices.Contains(secret, key) && !value.IsSecret() {
			properties[key] = resource.MakeSecret(value)
		}
	}
	return properties
}

// inClear is a copy of properties without marks. An engine removes the marks that Check
// returns by itself, but a caller without an engine does not.
func inClear(properties resource.PropertyMap) resource.PropertyMap {
	bare := resource.PropertyMap{}
	for key, value := range properties {
		if value.IsSecret() {
			value = value.SecretValue().Element
		}
		bare[key] = value
	}
	return bare
}

// text reads a string property; empty if there is none.
func text(properties resource.PropertyMap, key resource.PropertyKey) string {
	if value := properties[key]; value.IsString() {
		return value.StringValue()
	}
	return ""
}

func texts(properties resource.PropertyMap, key resource.PropertyKey) (all []string) {
	if list := properties[key]; list.IsArray() {
		for _, value := range list.ArrayValue() {
			if value.IsString() {
				all = append(all, value.StringValue())
			}
		}
	}
	return all
}

func yes(properties resource.PropertyMap, key resource.PropertyKey) bool {
	value := properties[key]
	return value.IsBool() && value.BoolValue()
}

// period is a number of hours.
func period(properties resource.PropertyMap, key resource.PropertyKey) time.Duration {
	if value := properties[key]; value.IsNumber() {
		return time.Duration(value.NumberValue()) * time.Hour
	}
	return 0
}
