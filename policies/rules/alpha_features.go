package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// An alpha cluster can not be upgraded, and ends after 30 days.
var alphaFeatures = rule.Rule{
	Name:     "alpha-features",
	Controls: []string{"CIS 5.10.2"},
	Promise:  "No alpha features are on",
	Level:    rule.Mandatory,
	Types:    []string{token.Cluster},
	Judge:    is("enableKubernetesAlpha", false),
}
