package rules

import (
	"bastide/controls/token"
	"bastide/environment"
	"bastide/policies/rule"
)

// gVisor answers a job's system calls, so that the node's kernel never sees them.
// The rule job-sandbox is about the jobs themselves.
var buildSandbox = rule.Rule{
	Name:     "build-sandbox",
	Controls: []string{"CIS 5.10.3"},
	Promise:  "Where jobs are sandboxed, their pool is",
	Level:    rule.Mandatory,
	Types:    []string{token.NodePool},
	Judge: func(r *rule.Resource) {
		ci := r.Environment.CI
		if ci == nil || ci.Mode != environment.Sandbox || r.At("nodeConfig.taints").Empty() {
			return
		}
		r.At("nodeConfig.sandboxConfig.sandboxType").Is("gvisor")
	},
}
