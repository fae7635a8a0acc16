package rules

import (
	"regexp"

	"bastide/policies/rule"
)

// ownAccount is the address of a service account that was made for a purpose, in
// a project. Those that Google makes have other domains, or begin with a number.
var ownAccount = regexp.MustCompile(`^[a-z][a-z0-9-]{4,28}[a-z0-9]@[a-z][a-z0-9-]+\.iam\.gserviceaccount\.com$`)

// Compute's default account is shared by every machine of the project, and often
// holds the role Editor.
var nodeAccount = rule.Rule{
	Name:     "node-account",
	Controls: []string{"CIS 5.2.1"},
	Promise:  "Nodes have a service account of their own",
	Level:    rule.Mandatory,
	Types:    nodeTypes,
	Judge: func(r *rule.Resource) {
		r.At("nodeConfig.serviceAccount").Matches(ownAccount, "write the address of an account that is made for these nodes")
	},
}
