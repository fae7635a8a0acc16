package rules

import (
	"regexp"

	"bastide/controls/token"
	"bastide/policies/rule"
)

// chartVersion is one version, and no range of them.
var chartVersion = regexp.MustCompile(`^\d+\.\d+\.\d+([-+][0-9A-Za-z.-]+)?$`)

// A chart without a version is another one tomorrow.
var pinnedCharts = rule.Rule{
	Name:     "pinned-charts",
	Controls: []string{"OWN pinned charts"},
	Promise:  "What a chart installs is of one version, and there as a whole or not at all",
	Level:    rule.Mandatory,
	Types:    []string{token.Release},
	Judge: func(r *rule.Resource) {
		r.At("version").Matches(chartVersion, "write the version of the chart, as 1.2.3")
		r.At("atomic").Is(true)
	},
}
