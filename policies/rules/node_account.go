package rules

import (
	"regexp"

	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

// ownAccount is the form of the address of a service account that users create. Those
// that Google creates have other domains, or begin with a number.
var ownAccount = regexp.MustCompile(`^[a-z][a-z0-9-]{4,28}[a-z0-9]@[a-z][a-z0-9-]+\.iam\.gserviceaccount\.com$`)

var nodeAccount = rule.Rule{
	// The cluster's own nodeConfig describes the short-lived default pool.
	Types: []string{token.NodePool, token.Cluster},
	Evaluate: func(r *rule.Resource) {
		r.At("nodeConfig.serviceAccount").Matches(ownAccount, "write the address of a service account that is created for these nodes")
	},
}
