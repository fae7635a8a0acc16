package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// Without it a pod that reads a node's bootstrap credentials can pose as a node.
var shieldedNodes = rule.Rule{
	Name:     "shielded-nodes",
	Controls: []string{"CIS 5.5.5"},
	Promise:  "A node proves which machine it is before it joins",
	Level:    rule.Mandatory,
	Types:    []string{token.Cluster},
	Judge:    is("enableShieldedNodes", true),
}
