package rules

import (
	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

var workloadIdentity = rule.Rule{
	Types: []string{token.Cluster},
	Evaluate: func(r *rule.Resource) {
		r.At("workloadIdentityConfig.workloadPool").Is(r.Environment.Project + ".svc.id.goog")
	},
}
