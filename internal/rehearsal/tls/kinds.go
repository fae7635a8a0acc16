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
	// defaults are the values that the provider adds to the inputs in its outputs.
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
		return kind{}, fmt.Errorf("the rehearsal's tls provider does not support %s; add it to internal/rehearsal/tls/kinds.go", token)
	}
	return found, nil
}

// withDefaults adds the defaults to inputs. An input that is null counts as not given.
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

// planned are the outputs that are known in a preview. A certificate whose early renewal
// time covers its whole validity is ready for renewal at once. Source:
// attribute_plan_modifier_bool/default_value.go.
func (k kind) planned(inputs resource.PropertyMap) resource.PropertyMap {
	outputs := k.withDefaults(inputs)
	if slices.Contains(k.required, "validityPeriodHours") {
		atOnce := period(outputs, "earlyRenewalHours") >= period(outputs, "validityPeriodHours")
		outputs["readyForRenewal"] = resource.NewProperty(atOnce)
	}
	return outputs
}

// failures lists the problems of inputs. Values that are not known yet are not checked.
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
			fail(key, "is not supported by the rehearsal's tls provider; add it to internal/rehearsal/tls/kinds.go")
		}
		if rule := rules[key]; rule != nil && !inputs[key].ContainsUnknowns() {
			if reason := rule(inputs); reason != "" {
				fail(key, reason)
			}
		}
	}
	return all
}

// rules check single inputs, given all of them, and return the problem or nothing.
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

// names lists the keys of a map for a message.
func names[V any](table map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(table)), ", ")
}
