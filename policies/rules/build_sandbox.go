package rules

import (
	"bastide/environment"
	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

var buildSandbox = rule.Rule{
	Types: []string{token.NodePool},
	Evaluate: func(r *rule.Resource) {
		ci := r.Environment.CI
		if ci == nil || ci.Mode != environment.Sandbox || r.At("nodeConfig.taints").Empty() {
			return
		}
		r.At("nodeConfig.sandboxConfig.sandboxType").Is("gvisor")
	},
}
