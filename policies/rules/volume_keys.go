package rules

import (
	"slices"

	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

var volumeKeys = rule.Rule{
	EvaluateStack: func(s *rule.Stack) {
		if !slices.ContainsFunc(s.Of(token.CryptoKey), func(r *rule.Resource) bool { return r.At("name").Holds("volumes") }) {
			s.Missing("there is no key for volumes", "create the key \"volumes\" in components/keys")
		}
	},
}
