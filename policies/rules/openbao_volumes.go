package rules

import (
	"bastide/environment"
	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

var openBaoVolumes = rule.Rule{
	Types: []string{token.StatefulSet},
	Evaluate: func(r *rule.Resource) {
		for _, claim := range r.At("spec.volumeClaimTemplates").Items() {
			claim.At("spec.storageClassName").Is(environment.KeepClass)
		}
	},
}
