package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// The account called default is every pod's that names none.
var defaultAccounts = rule.Rule{
	Name:     "default-accounts",
	Controls: []string{"CIS 4.1.4", "CIS 4.1.5", "OWN build identity"},
	Promise:  "A service account gives no token to a pod that does not ask",
	Level:    rule.Mandatory,
	Types:    []string{token.ServiceAccount, token.ServiceAccountPatch},
	Judge:    is("automountServiceAccountToken", false),
}
