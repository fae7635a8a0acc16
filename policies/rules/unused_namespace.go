package rules

import (
	"slices"

	"bastide/controls/token"
	"bastide/environment"
	"bastide/policies/rule"
)

// What lands there by mistake finds no room. The rule default-namespace keeps
// everything else out.
var unusedNamespace = rule.Rule{
	Name:     "unused-namespace",
	Controls: []string{"CIS 4.6.4", "CIS 4.6.1"},
	Promise:  "The namespace default takes no pods",
	Level:    rule.Mandatory,
	JudgeStack: func(s *rule.Stack) {
		closed := func(r *rule.Resource) bool {
			return namespace(r) == environment.UnusedNamespace && r.At("spec.hard.pods").Holds("0")
		}
		if !slices.ContainsFunc(s.Of(token.ResourceQuota), closed) {
			s.Missing("no quota keeps pods out of the namespace default", "make one with spec.hard.pods 0")
		}
	},
}
