package rules

import (
	"bastide/controls/token"
	"bastide/environment"
	"bastide/policies/rule"
)

var openBaoVolumes = rule.Rule{
	Types: []string{token.StatefulSet},
	Judge: func(r *rule.Resource) {
		for _, claim := range r.At("spec.volumeClaimTemplates").Items() {
			claim.At("spec.storageClassName").Is(environment.KeepClass)
		}
	},
}
