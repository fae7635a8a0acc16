package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// What was checked under a tag is what runs under it.
var immutableTags = rule.Rule{
	Name:     "immutable-tags",
	Controls: []string{"OWN immutable tags"},
	Promise:  "A tag never changes its image",
	Level:    rule.Mandatory,
	Types:    []string{token.Repository},
	Judge:    is("dockerConfig.immutableTags", true),
}
