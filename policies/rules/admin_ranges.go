package rules

import (
	"net/netip"
	"slices"

	"bastide/environment"
	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

// Firewall rules and NetworkPolicies that allow ingress from IP ranges may only name the
// admin ranges and the environment's own block.
var adminRanges = rule.Rule{
	Types: []string{token.Firewall, token.NetworkPolicy},
	Evaluate: func(r *rule.Resource) {
		const write = "write ranges inside those of bastide:adminCidrs, bastide:privateAdminCidrs or the environment's own block"
		for _, source := range sources(r) {
			withinRanges(source, allowedSources(r.Environment), write)
		}
	},
}

// allowedSources are the ranges from which ingress may be allowed.
func allowedSources(e *environment.Environment) []netip.Prefix {
	return slices.Concat(e.Admin.All(), []netip.Prefix{e.Addresses.Block})
}

// sources are the IP ranges from which a resource allows ingress.
func sources(r *rule.Resource) (all []rule.Value) {
	if r.Type == token.Firewall {
		if direction, _ := r.At("direction").Text(); direction == "EGRESS" || len(r.At("denies").Items()) > 0 {
			return nil
		}
		return r.At("sourceRanges").Items()
	}
	for _, ingress := range r.At("spec.ingress").Items() {
		for _, from := range ingress.At("from").Items() {
			if from.At("ipBlock").Exists() {
				all = append(all, from.At("ipBlock.cidr"))
			}
		}
	}
	return all
}
