package rules

import (
	"bastide/controls/token"
	"bastide/environment"
	"bastide/policies/rule"
)

// Data goes when somebody deletes it, and not with the last server.
var openBaoVolumes = rule.Rule{
	Name:     "openbao-volumes",
	Controls: []string{"OWN volumes that stay"},
	Promise:  "Volumes outlive what writes on them, and are encrypted",
	Level:    rule.Mandatory,
	Types:    []string{token.StatefulSet},
	Judge: func(r *rule.Resource) {
		policy := r.At("spec.persistentVolumeClaimRetentionPolicy")
		policy.At("whenDeleted").Is("Retain")
		policy.At("whenScaled").Is("Retain")
		for _, claim := range r.At("spec.volumeClaimTemplates").Items() {
			claim.At("spec.storageClassName").Is(environment.KeepClass)
		}
	},
}
