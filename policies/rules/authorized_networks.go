package rules

import (
	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

// The authorized networks have to be exactly the admin ranges.
var authorizedNetworks = rule.Rule{
	Types: []string{token.Cluster},
	Evaluate: func(r *rule.Resource) {
		admin := r.Environment.Admin
		ranges, setting := admin.CIDRs, "bastide:adminCidrs"
		if admin.PrivateEndpoint {
			ranges, setting = admin.PrivateCIDRs, "bastide:privateAdminCidrs"
		}
		r.At("privateClusterConfig.enablePrivateEndpoint").Is(admin.PrivateEndpoint)
		blocks := r.At("masterAuthorizedNetworksConfig.cidrBlocks")
		if len(blocks.Items()) != len(ranges) && !blocks.Unknown() {
			blocks.Wrong("write each range of " + setting + " once")
		}
		for _, block := range blocks.Items() {
			oneOfRanges(block.At("cidrBlock"), ranges, setting)
		}
	},
}
