package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// What has no address outside can not be reached from there, whatever else goes wrong.
var privateNodes = rule.Rule{
	Name:     "private-nodes",
	Controls: []string{"CIS 5.6.5"},
	Promise:  "Nodes have no public addresses",
	Level:    rule.Mandatory,
	Types:    []string{token.Cluster, token.NodePool},
	Judge: func(r *rule.Resource) {
		if r.Type == token.Cluster {
			r.At("privateClusterConfig.enablePrivateNodes").Is(true)
			return
		}
		r.At("networkConfig.enablePrivateNodes").Is(true)
	},
}
