package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// The control plane's endpoint answers exactly the admin ranges. A range that
// is missing locks somebody out; one that is too many lets somebody in.
var authorizedNetworks = rule.Rule{
	Name:     "authorized-networks",
	Controls: []string{"CIS 5.6.3"},
	Promise:  "The control plane answers the admin ranges only",
	Level:    rule.Mandatory,
	Types:    []string{token.Cluster},
	Judge: func(r *rule.Resource) {
		admin := r.Environment.Admin
		ranges, setting := admin.CIDRs, "bastide:adminCidrs"
		if admin.PrivateEndpoint {
			ranges, setting = admin.PrivateCIDRs, "bastide:privateAdminCidrs"
		}
		r.At("privateClusterConfig.enablePrivateEndpoint").Is(admin.PrivateEndpoint)
		networks := r.At("masterAuthorizedNetworksConfig")
		networks.At("gcpPublicCidrsAccessEnabled").Is(false)
		blocks := networks.At("cidrBlocks")
		if len(blocks.Items()) != len(ranges) && !blocks.Unknown() {
			blocks.Wrong("write each range of " + setting + " once")
		}
		for _, block := range blocks.Items() {
			oneOfRanges(block.At("cidrBlock"), ranges, setting)
		}
	},
}
