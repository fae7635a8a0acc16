package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// A Service with externalIPs receives whatever is sent to them: CVE-2020-8554. The
// rule external-ips looks at Services themselves.
var externalIPs = rule.Rule{
	Name:     "service-external-ips",
	Controls: []string{"GUIDE external IPs"},
	Promise:  "No Service takes traffic that is meant for others",
	Level:    rule.Mandatory,
	Types:    []string{token.Cluster},
	Judge:    is("serviceExternalIpsConfig.enabled", false),
}
