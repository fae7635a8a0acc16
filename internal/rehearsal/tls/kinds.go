package tls

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// kind is a type of the tls provider's resources.
type kind struct {
	required, optional []resource.PropertyKey
	// defaults are what the provider adds to the inputs in its outputs.
	defaults resource.PropertyMap
	// made are the outputs that make returns.
	made []resource.PropertyKey
	make func(inputs resource.PropertyMap, now time.Time) (resource.PropertyMap, error)
}

// Of a private key, the outputs privateKeyOpenssh, publicKeyOpenssh and
// publicKeyFingerprintMd5 are left empty, because nothing needs them.
var kinds = map[tokens.Type]kind{
	"tls:index/privateKey:PrivateKey": {
		required: []resource.PropertyKey{"algorithm"},
		defaults: resource.NewPropertyMapFromMap(map[string]any{"ecdsaCurve": "P224", "rsaBits": 2048}),
		made:     []resource.PropertyKey{"id", "privateKeyPem", "privateKeyPemPkcs8", "publicKeyPem", "publicKeyFingerprintSha256"},
		make:     makeKey,
	},
	"tls:index/certRequest:CertRequest": {
		required: []resource.PropertyKey{"privateKeyPem"},
		optional: []resource.PropertyKey{"subject", "dnsNames", "ipAddresses", "uris"},
		made:     []resource.PropertyKey{"id", "certRequestPem", "keyAlgorithm"},
		make:     makeRequest,
	},
	"tls:index/selfSignedCert:SelfSignedCert": {
		required: []resource.PropertyKey{"privateKeyPem", "allowedUses", "validityPeriodHours"},
		optional: []resource.PropertyKey{"subject", "dnsNames", "ipAddresses", "uris"},
		defaults: resource.NewPropertyMapFromMap(map[string]any{
			"earlyRenewalHours": 0, "isCaCertificate": false, "setSubjectKeyId": false, "setAuthorityKeyId": false,
		}),
		made: []resource.PropertyKey{"id", "certPem", "validityStartTime", "validityEndTime", "keyAlgorithm"},
		make: makeSelfSigned,
	},
	"tls:index/locallySignedCert:LocallySignedCert": {
		required: []resource.PropertyKey{"certRequestPem", "caCertPem", "caPrivateKeyPem", "allowedUses", "validityPeriodHours"},
		defaults: resource.NewPropertyMapFromMap(map[string]any{
			"earlyRenewalHours": 0, "isCaCertificate": false, "setSubjectKeyId": false,
		}),
		made: []resource.PropertyKey{"id", "certPem", "validityStartTime", "validityEndTime", "caKeyAlgorithm"},
		make: makeLocallySigned,
	},
}

func kindOf(token tokens.Type) (kind, error) {
	found, ok := kinds[token]
	if !ok {
		return kind{}, fmt.Errorf("the rehearsal's tls provider knows nothing of %s; add it to internal/rehearsal/tls/tls_kinds.go", token)
	}
	return found, nil
}

// withDefaults is what the provider works with. An input that is null is one
// that is not given.
func (k kind) withDefaults(inputs resource.PropertyMap) resource.PropertyMap {
	all := inClear(inputs)
	for key, value := range k.defaults {
		if all[key].IsNull() {
			all[key] = value
		}
	}
	maps.DeleteFunc(all, func(_ resource.PropertyKey, value resource.PropertyValue) bool { return value.IsNull() })
	return all
}

// planned is what a plan knows of the outputs. A certificate that is to be
// renewed from its first hour on says so at once. Source:
// attribute_plan_modifier_bool/default_value.go.
func (k kind) planned(inputs resource.PropertyMap) resource.PropertyMap {
	outputs := k.withDefaults(inputs)
	if slices.Contains(k.required, "validityPeriodHours") {
		atOnce := period(outputs, "earlyRenewalHours") >= period(outputs, "validityPeriodHours")
		outputs["readyForRenewal"] = resource.NewProperty(atOnce)
	}
	return outputs
}

// failures are what is wrong with inputs. What is not known yet is not judged.
func (k kind) failures(inputs resource.PropertyMap) (all []plugin.CheckFailure) {
	fail := func(key resource.PropertyKey, reason string) {
		all = append(all, plugin.CheckFailure{Property: key, Reason: reason})
	}
	for _, key := range k.required {
		if inputs[key].IsNull() {
			fail(key, "is missing")
		}
	}
	inputs = k.withDefaults(inputs)
	for _, key := range slices.Sorted(maps.Keys(inputs)) {
		_, hasDefault := k.defaults[key]
		if !hasDefault && !slices.Contains(k.required, key) && !slices.Contains(k.optional, key) {
			fail(key, "is nothing that the rehearsal knows; add it to internal/rehearsal/tls/tls_kinds.go")
		}
		if rule := rules[key]; rule != nil && !inputs[key].ContainsUnknowns() {
			if reason := rule(inputs); reason != "" {
				fail(key, reason)
			}
		}
	}
	return all
}

// rules say what is wrong with an input, among all of them.
var rules = map[resource.PropertyKey]func(resource.PropertyMap) string{
	"algorithm":           checkAlgorithm,
	"ecdsaCurve":          checkCurve,
	"allowedUses":         checkUses,
	"earlyRenewalHours":   func(inputs resource.PropertyMap) string { return checkHours(inputs["earlyRenewalHours"]) },
	"validityPeriodHours": func(inputs resource.PropertyMap) string { return checkHours(inputs["validityPeriodHours"]) },
}

func checkHours(value resource.PropertyValue) string {
	if !value.IsNumber() || value.NumberValue() < 0 || value.NumberValue() != math.Trunc(value.NumberValue()) {
		return "must be a whole number of hours, 0 or more"
	}
	return ""
}

// names is a table's names for a message.
func names[V any](table map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(table)), ", ")
}
