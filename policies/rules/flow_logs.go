package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// Flow logs show what passes between nodes; intranode visibility, what stays on one.
var flowLogs = rule.Rule{
	Name:     "flow-logs",
	Controls: []string{"CIS 5.6.1"},
	Promise:  "Who talked to whom can be looked up",
	Level:    rule.Mandatory,
	Types:    []string{token.Subnetwork, token.Cluster},
	Judge: func(r *rule.Resource) {
		if r.Type == token.Cluster {
			r.At("enableIntranodeVisibility").Is(true)
			return
		}
		r.At("logConfig.metadata").Is("INCLUDE_ALL_METADATA")
		r.At("logConfig.flowSampling").AtLeast(0.5, "of all flows")
	},
}
