package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// A key version that leaked protects only what was written in its quarter.
var keyRotation = rule.Rule{
	Name:     "key-rotation",
	Controls: []string{"OWN key rotation"},
	Promise:  "Keys rotate every 90 days",
	Level:    rule.Mandatory,
	Types:    []string{token.CryptoKey},
	Judge:    is("rotationPeriod", "7776000s"),
}
