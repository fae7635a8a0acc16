package rules

import (
	"slices"

	"bastide/environment"
	"bastide/policies/rule"
)

// tokenUsers are the service accounts whose pods use the API server: OpenBao reviews its
// clients' tokens, and labels its active pod.
var tokenUsers = []string{environment.OpenBaoNamespace + "/openbao"}

var podTokens = rule.Rule{
	Types: podTypes,
	Evaluate: func(r *rule.Resource) {
		pod := podSpec(r)
		account := pod.At("serviceAccountName")
		if account.ReportUnknown() {
			return
		}
		if name, _ := account.Text(); !slices.Contains(tokenUsers, namespace(r)+"/"+name) {
			pod.At("automountServiceAccountToken").Is(false)
		}
	},
}
