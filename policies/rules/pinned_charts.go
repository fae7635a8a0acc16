package rules

import (
	"regexp"

	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

// chartVersion is one version, and no range of them.
var chartVersion = regexp.MustCompile(`^\d+\.\d+\.\d+([-+][0-9A-Za-z.-]+)?$`)

var pinnedCharts = rule.Rule{
	Types: []string{token.Release},
	Evaluate: func(r *rule.Resource) {
		r.At("version").Matches(chartVersion, "write the version of the chart, as 1.2.3")
	},
}
