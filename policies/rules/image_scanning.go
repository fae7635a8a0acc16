package rules

import (
	"slices"

	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

var imageScanning = rule.Rule{
	EvaluateStack: func(s *rule.Stack) {
		const api = "containerscanning.googleapis.com"
		if !slices.ContainsFunc(s.Of(token.Service), func(r *rule.Resource) bool { return r.At("service").Holds(api) }) {
			s.Missing("the API "+api+" is not enabled", "add it to the services of components/project")
		}
	},
}
