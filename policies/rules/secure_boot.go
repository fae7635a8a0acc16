package rules

import "bastide/policies/rule"

// An unsigned kernel or driver would be below everything that watches the node.
var secureBoot = rule.Rule{
	Name:     "secure-boot",
	Controls: []string{"CIS 5.5.7"},
	Promise:  "Nodes start only what is signed",
	Level:    rule.Mandatory,
	Types:    nodeTypes,
	Judge:    onNodes("shieldedInstanceConfig.enableSecureBoot", true),
}
