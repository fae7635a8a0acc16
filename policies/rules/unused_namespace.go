package rules

import (
	"slices"

	"bastide/environment"
	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

var unusedNamespace = rule.Rule{
	EvaluateStack: func(s *rule.Stack) {
		closed := func(r *rule.Resource) bool {
			return namespace(r) == environment.UnusedNamespace && r.At("spec.hard.pods").Holds("0")
		}
		if !slices.ContainsFunc(s.Of(token.ResourceQuota), closed) {
			s.Missing("no quota keeps pods out of the namespace default", "create one with spec.hard.pods 0")
		}
	},
}
