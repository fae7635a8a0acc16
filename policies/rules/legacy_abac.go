package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// Legacy ABAC gives every service account in the cluster nearly all rights.
var legacyABAC = rule.Rule{
	Name:     "legacy-abac",
	Controls: []string{"CIS 5.8.3"},
	Promise:  "Nobody has rights in the cluster but through RBAC and IAM",
	Level:    rule.Mandatory,
	Types:    []string{token.Cluster},
	Judge:    is("enableLegacyAbac", false),
}
