package rules

import (
	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

var openBaoServers = rule.Rule{
	Types: []string{token.StatefulSet},
	Evaluate: func(r *rule.Resource) {
		if r.At("metadata.labels").At("[app.kubernetes.io/name]").Holds("openbao") {
			r.At("spec.replicas").Is(r.Environment.OpenBao.Replicas)
		}
	},
}
