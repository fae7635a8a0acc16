package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// RAPID has what nobody has tried, EXTENDED what nobody mends for free, and
// UNSPECIFIED is none.
var releaseChannel = rule.Rule{
	Name:     "release-channel",
	Controls: []string{"CIS 5.5.4"},
	Promise:  "Fixes arrive by themselves",
	Level:    rule.Mandatory,
	Types:    []string{token.Cluster},
	Judge: func(r *rule.Resource) {
		r.At("releaseChannel.channel").IsOneOf("REGULAR", "STABLE")
	},
}
