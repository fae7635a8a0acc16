package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// A connection that was refused is often the first that is seen of an attack.
var firewallLogs = rule.Rule{
	Name:     "firewall-logs",
	Controls: []string{"OWN firewall logs"},
	Promise:  "Firewall decisions are logged",
	Level:    rule.Mandatory,
	Types:    []string{token.Firewall},
	Judge:    is("logConfig.metadata", "INCLUDE_ALL_METADATA"),
}
