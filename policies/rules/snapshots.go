package rules

import (
	"regexp"
	"slices"

	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

// absence is a query that fires when something is not there.
var absence = regexp.MustCompile(`^absent_over_time\(.+\)$`)

var snapshots = rule.Rule{
	Types: []string{token.AlertPolicy},
	Evaluate: func(r *rule.Resource) {
		for _, condition := range r.At("conditions").Items() {
			condition.At("conditionPrometheusQueryLanguage.query").Matches(absence, "ask for absent_over_time, which also tells of what never came")
		}
	},
	EvaluateStack: func(s *rule.Stack) {
		if !slices.ContainsFunc(s.Of(token.AlertPolicy), func(r *rule.Resource) bool { return !r.At("conditions").Empty() }) {
			s.Missing("nobody is told when no snapshot is written", "make an alert policy")
		}
	},
}
