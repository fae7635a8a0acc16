package environment

import (
	"fmt"
	"net/netip"
	"slices"
)

// Nobody's secrets, which is why they alone may stand in clear.
const (
	standInToken = "glrt-stand-in-not-a-token" //nolint:gosec // as it says
	standInKey   = "-----BEGIN PRIVATE KEY-----\nstand-in, not a key\n-----END PRIVATE KEY-----\n"
)

// StandIns are what takes the place of encrypted settings where nobody has any
// business to decrypt them. Each has the form of the real thing, and none can be
// mistaken for it: addresses are for documentation, tokens and keys say so. The
// settings are those that are not encrypted.
func StandIns(settings map[string]any) map[string]any {
	privateRange := netip.MustParsePrefix("192.168.250.0/24")
	block, err := netip.ParsePrefix(fmt.Sprint(settings[qualified("networkCidr")]))
	if err == nil && block.Overlaps(privateRange) {
		privateRange = netip.MustParsePrefix("10.250.0.0/24") // no block is in both
	}
	tokens := []any{standInToken}
	if namespaces, ok := settings[qualified("ciNamespaces")].([]any); ok {
		tokens = slices.Repeat(tokens, len(namespaces))
	}
	return map[string]any{
		qualified("adminCidrs"):        []any{"203.0.113.7/32"},
		qualified("privateAdminCidrs"): []any{privateRange.String()},
		qualified("gitlabTokens"):      tokens,
		qualified("githubAppKey"):      standInKey,
		qualified("rehearsal"):         true,
	}
}
