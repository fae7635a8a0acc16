package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// The dashboard shows what came to be beside this program.
var securityPosture = rule.Rule{
	Name:     "security-posture",
	Controls: []string{"CIS 5.10.4"},
	Promise:  "GKE audits the configuration of workloads",
	Level:    rule.Mandatory,
	Types:    []string{token.Cluster},
	Judge:    is("securityPostureConfig.mode", "BASIC"),
}
