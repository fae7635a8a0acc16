package rules

import "bastide/policies/rule"

// It tells that a node started something else than the last time.
var integrityMonitoring = rule.Rule{
	Name:     "integrity-monitoring",
	Controls: []string{"CIS 5.5.6"},
	Promise:  "What nodes start is measured and compared",
	Level:    rule.Mandatory,
	Types:    nodeTypes,
	Judge:    onNodes("shieldedInstanceConfig.enableIntegrityMonitoring", true),
}
