package rules

import "bastide/policies/rule"

// Google builds, patches and locks down Container-Optimized OS itself.
var nodeImage = rule.Rule{
	Name:     "node-image",
	Controls: []string{"CIS 5.5.1"},
	Promise:  "Nodes run Container-Optimized OS",
	Level:    rule.Mandatory,
	Types:    nodeTypes,
	Judge:    onNodes("imageType", "COS_CONTAINERD"),
}
