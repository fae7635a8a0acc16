package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// Pods prove to Google Cloud who they are by their Kubernetes service account;
// no key lies anywhere.
var workloadIdentity = rule.Rule{
	Name:     "workload-identity",
	Controls: []string{"GUIDE Workload Identity", "CIS 5.2.2"},
	Promise:  "Workloads have identities of their own in Google Cloud",
	Level:    rule.Mandatory,
	Types:    []string{token.Cluster},
	Judge: func(r *rule.Resource) {
		r.At("workloadIdentityConfig.workloadPool").Is(r.Environment.Project + ".svc.id.goog")
	},
}
