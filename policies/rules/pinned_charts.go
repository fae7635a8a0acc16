package rules

import (
	"regexp"

	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

// chartVersion is the form of a single version; Helm also accepts ranges.
var chartVersion = regexp.MustCompile(`^\d+\.\d+\.\d+([-+][0-9A-Za-z.-]+)?$`)

var pinnedCharts = rule.Rule{
	Types: []string{token.Release},
	Evaluate: func(r *rule.Resource) {
		r.At("version").Matches(chartVersion, "write the version of the chart, such as 1.2.3")
	},
}
