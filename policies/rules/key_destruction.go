package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// With the key everything goes that it encrypts, backups included.
var keyDestruction = rule.Rule{
	Name:     "key-destruction",
	Controls: []string{"OWN key destruction"},
	Promise:  "The destruction of a key can be undone for 120 days",
	Level:    rule.Mandatory,
	Types:    []string{token.CryptoKey},
	Judge:    is("destroyScheduledDuration", "10368000s"),
}
