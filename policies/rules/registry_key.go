package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// Images hold what a team has written.
var registryKey = rule.Rule{
	Name:       "registry-key",
	Controls:   []string{"OWN registry key"},
	Promise:    "Images are encrypted with an own key",
	Level:      rule.Mandatory,
	Types:      []string{token.Repository},
	Judge:      ownKey("kmsKeyName", "registry"),
	JudgeStack: ownKeyOf(token.Repository, "kmsKeyName", "registry"),
}
