package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// Raft needs more than half of its servers, so an even number buys nothing.
var openBaoServers = rule.Rule{
	Name:     "openbao-servers",
	Controls: []string{"CIS 4.4.2"},
	Promise:  "OpenBao runs in a number that can decide",
	Level:    rule.Mandatory,
	Types:    []string{token.StatefulSet},
	Judge: func(r *rule.Resource) {
		if r.At("metadata.labels").At("[app.kubernetes.io/name]").Holds("openbao") {
			r.At("spec.replicas").Is(r.Environment.OpenBao.Replicas)
		}
	},
}
