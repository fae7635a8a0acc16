package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// The only role on the whole project that the program grants is the one that
// lets nodes write logs and metrics. What is needed of one key, bucket or
// repository is granted on that.
var nodeRole = rule.Rule{
	Name:     "node-role",
	Controls: []string{"GUIDE node role", "GUIDE least privilege"},
	Promise:  "Nobody holds more on the project than nodes need",
	Level:    rule.Mandatory,
	Types:    []string{token.ProjectGrant},
	Judge:    is("role", "roles/container.defaultNodeServiceAccount"),
}
