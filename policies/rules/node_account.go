package rules

import (
	"regexp"

	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

// ownAccount is the address of a service account that was made for a purpose, in
// a project. Those that Google makes have other domains, or begin with a number.
var ownAccount = regexp.MustCompile(`^[a-z][a-z0-9-]{4,28}[a-z0-9]@[a-z][a-z0-9-]+\.iam\.gserviceaccount\.com$`)

var nodeAccount = rule.Rule{
	// The pools, and the cluster, whose first, short-lived pool is described with it.
	Types: []string{token.NodePool, token.Cluster},
	Evaluate: func(r *rule.Resource) {
		r.At("nodeConfig.serviceAccount").Matches(ownAccount, "write the address of an account that is made for these nodes")
	},
}
