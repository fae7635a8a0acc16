package rules

import (
	"regexp"
	"slices"
	"strings"

	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

// keyName is the form of a key's ID, whose last part is the key's use.
var keyName = regexp.MustCompile(`^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/([^/]+)$`)

// demandKey demands the environment's key for one use. demandSource handles IDs that are
// not known yet.
func demandKey(value rule.Value, use string) {
	if value.Unknown() {
		return
	}
	text, _ := value.Text()
	if found := keyName.FindStringSubmatch(text); found == nil || found[1] != use {
		value.Wrong("write the id of the environment's key " + use)
	}
}

// demandSource demands that a key's ID that is not known yet comes from the right key
// resource, which a preview does know.
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
