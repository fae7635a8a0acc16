package rules

import (
	"regexp"
	"slices"

	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

// absence is the form of a query that fires if a metric is missing.
var absence = regexp.MustCompile(`^absent_over_time\(.+\)$`)

var snapshots = rule.Rule{
	Types: []string{token.AlertPolicy},
	Evaluate: func(r *rule.Resource) {
		for _, condition := range r.At("conditions").Items() {
			condition.At("conditionPrometheusQueryLanguage.query").Matches(absence, "use absent_over_time, which also fires if no snapshot was ever written")
		}
	},
	EvaluateStack: func(s *rule.Stack) {
		if !slices.ContainsFunc(s.Of(token.AlertPolicy), func(r *rule.Resource) bool { return !r.At("conditions").Empty() }) {
			s.Missing("there is no alert for missing snapshots", "create an alert policy")
		}
	},
}
