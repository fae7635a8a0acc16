package rules

import (
	"regexp"
	"slices"
	"strings"

	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

// keyName is a key's id; the last part says what it is for.
var keyName = regexp.MustCompile(`^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/([^/]+)$`)

// demandKey demands the environment's key for one use. What is not known yet is left
// to demandSource.
func demandKey(value rule.Value, use string) {
	if value.Unknown() {
		return
	}
	text, _ := value.Text()
	if found := keyName.FindStringSubmatch(text); found == nil || found[1] != use {
		value.Wrong("write the id of the environment's key " + use)
	}
}

// demandSource demands of what is not known yet that it comes from the right key:
// that much a preview tells.
func demandSource(r *rule.Resource, path, use string) {
	property, _, _ := strings.Cut(path, ".")
	sources := r.Sources[property]
	if value := r.At(path); value.Unknown() && !slices.ContainsFunc(sources, func(urn string) bool { return isKey(urn, use) }) {
		r.Wrong(path+" does not come from the environment's key "+use, "write that key's id")
	}
}

// isKey reports whether a URN is that of the key for a use.
func isKey(urn, use string) bool {
	return strings.Contains(urn, token.CryptoKey+"::") && strings.HasSuffix(urn, "-"+use)
}
