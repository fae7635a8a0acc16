package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// Without Dataplane V2 or Calico a NetworkPolicy is a wish.
var policiesEnforced = rule.Rule{
	Name:     "network-policies-enforced",
	Controls: []string{"CIS 4.3.1"},
	Promise:  "NetworkPolicies are enforced",
	Level:    rule.Mandatory,
	Types:    []string{token.Cluster},
	Judge:    is("datapathProvider", "ADVANCED_DATAPATH"),
}
