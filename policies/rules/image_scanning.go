package rules

import (
	"slices"

	"bastide/controls/token"
	"bastide/policies/rule"
)

// Artifact Registry scans what is pushed, once the API is on.
var imageScanning = rule.Rule{
	Name:     "image-scanning",
	Controls: []string{"CIS 5.1.1"},
	Promise:  "Images are scanned for vulnerabilities",
	Level:    rule.Mandatory,
	JudgeStack: func(s *rule.Stack) {
		const api = "containerscanning.googleapis.com"
		if !slices.ContainsFunc(s.Of(token.Service), func(r *rule.Resource) bool { return r.At("service").Holds(api) }) {
			s.Missing("the API "+api+" is not switched on", "add it to the services of components/project")
		}
	},
}
