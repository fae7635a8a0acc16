package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

var openBaoServers = rule.Rule{
	Types: []string{token.StatefulSet},
	Judge: func(r *rule.Resource) {
		if r.At("metadata.labels").At("[app.kubernetes.io/name]").Holds("openbao") {
			r.At("spec.replicas").Is(r.Environment.OpenBao.Replicas)
		}
	},
}
