package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// A node that nobody repairs also gets no more fixes.
var nodeRepair = rule.Rule{
	Name:     "node-repair",
	Controls: []string{"CIS 5.5.2"},
	Promise:  "Unhealthy nodes are replaced",
	Level:    rule.Mandatory,
	Types:    []string{token.NodePool},
	Judge:    is("management.autoRepair", true),
}
