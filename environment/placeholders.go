package environment

import (
	"fmt"
	"net/netip"
	"slices"
)

// Placeholders for secrets. They are the only values of their settings that may be
// stored in clear text.
const (
	placeholderToken = "glrt-stand-in-not-a-token" //nolint:gosec // not a token
	placeholderKey   = "-----BEGIN PRIVATE KEY-----\nstand-in, not a key\n-----END PRIVATE KEY-----\n"
)

// Placeholders are values for the settings that may be encrypted, for use where these
// can't or must not be decrypted. Each is valid but recognizable: addresses are from
// documentation ranges, tokens and keys say what they are. settings are the environment's
// settings, of which encrypted ones are ignored.
func Placeholders(settings map[string]any) map[string]any {
	privateRange := netip.MustParsePrefix("192.168.250.0/24")
	block, err := netip.ParsePrefix(fmt.Sprint(settings[qualified("networkCidr")]))
	if err == nil && block.Overlaps(privateRange) {
		privateRange = netip.MustParsePrefix("10.250.0.0/24") // no block overlaps both
	}
	tokens := []any{placeholderToken}
	if namespaces, ok := settings[qualified("ciNamespaces")].([]any); ok {
		tokens = slices.Repeat(tokens, len(namespaces))
	}
	return map[string]any{
		qualified("adminCidrs"):        []any{"203.0.113.7/32"},
		qualified("privateAdminCidrs"): []any{privateRange.String()},
		qualified("gitlabTokens"):      tokens,
		qualified("githubAppKey"):      placeholderKey,
		qualified("rehearsal"):         true,
	}
}
