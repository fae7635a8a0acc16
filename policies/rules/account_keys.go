package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// A key is a password that never ends and works from anywhere.
var accountKeys = rule.Rule{
	Name:     "account-keys",
	Controls: []string{"OWN account keys"},
	Promise:  "No service account has a key",
	Level:    rule.Mandatory,
	Types:    []string{token.AccountKey},
	Judge: func(r *rule.Resource) {
		r.Wrong("a service account's key is made", "use Workload Identity Federation, which needs none")
	},
}
