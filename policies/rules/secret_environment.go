package rules

import (
	"bastide/policies/rule"
)

// Variables end up in crash reports, and child processes inherit them.
var secretEnvironment = rule.Rule{
	Name:     "secret-environment",
	Controls: []string{"CIS 4.4.1"},
	Promise:  "Secrets reach pods as files",
	Level:    rule.Mandatory,
	Types:    podTypes,
	Judge: func(r *rule.Resource) {
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
