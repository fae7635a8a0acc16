package rules

import (
	"slices"

	"bastide/environment"
	"bastide/policies/rule"
)

// tokenUsers are the service accounts whose pods ask the API server something:
// OpenBao reviews its clients' tokens, and labels the pod that is active.
var tokenUsers = []string{environment.OpenBaoNamespace + "/openbao"}

// A pod that is taken over has whatever its token may do.
var podTokens = rule.Rule{
	Name:     "pod-tokens",
	Controls: []string{"CIS 4.1.5"},
	Promise:  "Pods get a token for the API server only where they use it",
	Level:    rule.Mandatory,
	Types:    podTypes,
	Judge: func(r *rule.Resource) {
		pod := podSpec(r)
		account := pod.At("serviceAccountName")
		if account.Later() {
			return
		}
		if name, _ := account.Text(); !slices.Contains(tokenUsers, namespace(r)+"/"+name) {
			pod.At("automountServiceAccountToken").Is(false)
		}
	},
}
