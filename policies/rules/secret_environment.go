package rules

import (
	"bastide/policies/rule"
)

var secretEnvironment = rule.Rule{
	Types: podTypes,
	Evaluate: func(r *rule.Resource) {
		for _, container := range containers(podSpec(r)) {
			for _, variable := range container.At("env").Items() {
				variable.At("valueFrom.secretKeyRef").IsAbsent("mount the Secret as a file")
			}
			for _, source := range container.At("envFrom").Items() {
				source.At("secretRef").IsAbsent("mount the Secret as a file")
			}
		}
	},
}
