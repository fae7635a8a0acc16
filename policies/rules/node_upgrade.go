package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// Fixes for the kubelet and the kernel arrive with upgrades only.
var nodeUpgrade = rule.Rule{
	Name:     "node-upgrade",
	Controls: []string{"CIS 5.5.3"},
	Promise:  "Nodes follow the control plane to new versions",
	Level:    rule.Mandatory,
	Types:    []string{token.NodePool},
	Judge:    is("management.autoUpgrade", true),
}
