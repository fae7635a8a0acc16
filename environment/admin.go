package environment

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Admin holds the admin ranges, from which administrators have access. Authorized
// networks, firewall rules, load balancer source ranges and network policies all use
// them.
type Admin struct {
	// CIDRs are the public IPv4 ranges of the administrators, /24 or narrower.
	CIDRs []netip.Prefix
	// PrivateCIDRs are ranges behind a VPN or interconnect from which
	// administrators reach a private control plane endpoint.
	PrivateCIDRs []netip.Prefix
	// PrivateEndpoint closes the control plane's public endpoint. Default: false.
	PrivateEndpoint bool
	// Secret masks the ranges in all output. Default: false.
	Secret bool
}

// All are the ranges from which administrators may reach nodes.
func (a Admin) All() []netip.Prefix { return slices.Concat(a.CIDRs, a.PrivateCIDRs) }

const adminExample = "YOUR.PUBLIC.IP.ADDRESS/32"

// widestAdmin is the shortest prefix length of an admin range. A /24 is the smallest
// block that is routed on the internet by itself, so a wider range includes addresses
// of others.
const widestAdmin = 24

// special are the ranges that can't contain an administrator's public address.
// Sources: the IANA IPv4 Special-Purpose Address Registry, and RFC 5771.
var special = []struct {
	kind          string
	prefix        netip.Prefix
	documentation bool
}{
	{kind: "this host's", prefix: netip.MustParsePrefix("0.0.0.0/8")},
	{kind: "private", prefix: netip.MustParsePrefix("10.0.0.0/8")},
	{kind: "shared (carrier-grade NAT)", prefix: netip.MustParsePrefix("100.64.0.0/10")},
	{kind: "loopback", prefix: netip.MustParsePrefix("127.0.0.0/8")},
	{kind: "link-local", prefix: netip.MustParsePrefix("169.254.0.0/16")},
	{kind: "private", prefix: netip.MustParsePrefix("172.16.0.0/12")},
	{kind: "protocol assignments", prefix: netip.MustParsePrefix("192.0.0.0/24")},
	{kind: "documentation", prefix: netip.MustParsePrefix("192.0.2.0/24"), documentation: true},
	{kind: "deprecated 6to4 relay", prefix: netip.MustParsePrefix("192.88.99.0/24")},
	{kind: "private", prefix: netip.MustParsePrefix("192.168.0.0/16")},
	{kind: "benchmarking", prefix: netip.MustParsePrefix("198.18.0.0/15")},
	{kind: "documentation", prefix: netip.MustParsePrefix("198.51.100.0/24"), documentation: true},
	{kind: "documentation", prefix: netip.MustParsePrefix("203.0.113.0/24"), documentation: true},
	{kind: "multicast", prefix: netip.MustParsePrefix("224.0.0.0/4")},
	{kind: "reserved", prefix: netip.MustParsePrefix("240.0.0.0/4")},
}

func readAdmin(r *reader, rehearsal bool) Admin {
	return Admin{
		CIDRs:           readAdminCIDRs(r, rehearsal),
		PrivateCIDRs:    readPrivateCIDRs(r),
		PrivateEndpoint: r.boolean("privateEndpoint"),
		Secret:          r.source.Secret(qualified("adminCidrs")) || r.source.Secret(qualified("privateAdminCidrs")),
	}
}

func readAdminCIDRs(r *reader, rehearsal bool) []netip.Prefix {
	const key = "adminCidrs"
	values := r.sensitiveList(key, adminExample)
	if len(values) == 0 {
		r.report(key, r.element(key, 0, adminExample),
			"no admin range is set, so nobody could reach the control plane")
	}
	return readPrefixes(r, key, values, adminExample, func(prefix netip.Prefix) string {
		if prefix.Bits() == 0 {
			return "is the whole internet; write the public addresses of the administrators"
		}
		if prefix.Bits() < widestAdmin {
			return "is wider than /24; write the public addresses of the administrators"
		}
		for _, s := range special {
			if !s.prefix.Overlaps(prefix) || s.documentation && rehearsal {
				continue
			}
			wrong := "is in the " + s.kind + " range " + s.prefix.String() + ", which is not routed on the internet"
			if s.documentation {
				wrong += "; only a rehearsal may use it"
			}
			return wrong
		}
		return ""
	})
}

func readPrivateCIDRs(r *reader) []netip.Prefix {
	const key, example = "privateAdminCidrs", "192.168.10.0/24"
	values := r.sensitiveList(key, example)
	return readPrefixes(r, key, values, example, func(prefix netip.Prefix) string {
		if !isPrivate(prefix) {
			return "is not a private range; public addresses belong in adminCidrs"
		}
		if prefix.Bits() < 16 {
			return "is wider than /16; write the range of the administrators' network"
		}
		if prefix.Overlaps(taken) {
			return fmt.Sprintf("overlaps %s, which GKE's nodes use themselves, so it can't be routed to", taken)
		}
		return ""
	})
}

// readPrefixes parses the elements of a list and reports the first problem of each:
// its form, then the result of check, then an overlap with an earlier element.
func readPrefixes(r *reader, key string, values []string, example string, check func(netip.Prefix) string) []netip.Prefix {
	var prefixes []netip.Prefix
	for i, value := range values {
		prefix, wrong := parsePrefix(value)
		if wrong == "" {
			wrong = check(prefix)
		}
		for j, earlier := range prefixes {
			if wrong == "" && earlier.Overlaps(prefix) {
				wrong = "is already covered by " + indexed(key, j)
			}
		}
		if wrong != "" {
			r.report(indexed(key, i), r.element(key, i, example), "%s %s", r.show(key, value), wrong)
		}
		prefixes = append(prefixes, prefix)
	}
	return prefixes
}

// parsePrefix reads an IPv4 prefix whose host bits are clear, or says what is
// wrong without repeating the value, which may be a secret.
func parsePrefix(value string) (prefix netip.Prefix, wrong string) {
	prefix, err := netip.ParsePrefix(strings.TrimSpace(value))
	switch {
	case err != nil && isAddress(value):
		return prefix, "has no mask; write /32 for a single address"
	case err != nil:
		return prefix, "is not an IPv4 range such as 192.0.2.0/28"
	case prefix.Addr().Is6() && prefix.Bits() == 0:
		return prefix, "is the whole internet in IPv6; the platform is IPv4 only"
	case prefix.Addr().Is6():
		return prefix, "is IPv6; the platform is IPv4 only"
	case prefix != prefix.Masked() && prefix.Bits() > 0:
		return prefix, "has host bits set; write the first address of the range, or /32 for a single address"
	}
	return prefix.Masked(), ""
}

func isAddress(value string) bool {
	_, err := netip.ParseAddr(strings.TrimSpace(value))
	return err == nil
}

// checkPrivateRoutes refuses admin ranges that have no route to the control plane.
func checkPrivateRoutes(r *reader, e *Environment) {
	const key, example = "privateAdminCidrs", "192.168.10.0/24"
	if e.Admin.PrivateEndpoint && len(e.Admin.PrivateCIDRs) == 0 {
		r.report(key, r.element(key, 0, example),
			"privateEndpoint is on but no private range is set, so no administrator would have a route to the control plane; set the range behind your VPN or interconnect, or turn privateEndpoint off")
	}
	checkNumberOfRanges(r, e.Admin)
	for i, prefix := range e.Admin.PrivateCIDRs {
		if e.Addresses.Block.IsValid() && prefix.IsValid() && e.Addresses.Block.Overlaps(prefix) {
			r.report(indexed(key, i), r.element(key, i, example),
				"%s overlaps networkCidr %s, so it can't be routed to", r.show(key, prefix.String()), e.Addresses.Block)
		}
	}
}

// mostRanges is the maximum number of authorized networks of a cluster with private nodes.
// Source: GKE, "Add authorized networks for control plane access", limitations.
const mostRanges = 100

// checkNumberOfRanges refuses more ranges than GKE allows.
func checkNumberOfRanges(r *reader, admin Admin) {
	public, private := len(admin.CIDRs), len(admin.PrivateCIDRs)
	if admin.PrivateEndpoint {
		public = 0 // they are not authorized networks then
	}
	if public+private <= mostRanges {
		return
	}
	key, last := "adminCidrs", public-1
	if private > public {
		key, last = "privateAdminCidrs", private-1
	}
	r.report(indexed(key, last), r.removal(key, last),
		"is one of %d ranges, but GKE allows %d authorized networks; remove ranges, or merge adjacent ones", public+private, mostRanges)
}

// IsDocumentation reports whether a range is reserved for documentation. Only
// rehearsals may use such ranges.
func IsDocumentation(prefix netip.Prefix) bool {
	for _, s := range special {
		if s.documentation && s.prefix.Overlaps(prefix) {
			return true
		}
	}
	return false
}
