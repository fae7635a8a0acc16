package tls

import (
	"maps"
	"slices"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// secret are the properties that the provider marks wherever they occur, among
// inputs as among outputs: those that Terraform's schemas call sensitive. The
// SDK asks for the same marks, but a program in YAML, say, has no SDK.
var secret = []resource.PropertyKey{"privateKeyPem", "privateKeyPemPkcs8", "privateKeyOpenssh", "caPrivateKeyPem"}

// marked are properties with the secret ones marked.
func marked(properties resource.PropertyMap) resource.PropertyMap {
	properties = maps.Clone(properties)
	for key, value := range properties {
		if slices.Contains(secret, key) && !value.IsSecret() {
			properties[key] = resource.MakeSecret(value)
		}
	}
	return properties
}

// inClear takes the marks away again. An engine does that by itself, but what
// calls the provider without one gets them from Check.
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

// text is empty where there is none.
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
