package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// Whoever writes images decides what runs. The program lets nodes read.
var repositoryReaders = rule.Rule{
	Name:     "repository-readers",
	Controls: []string{"CIS 5.1.2", "CIS 5.1.3", "GUIDE least privilege"},
	Promise:  "Nodes read images, and nobody writes them",
	Level:    rule.Mandatory,
	Types:    []string{token.ReaderGrant},
	Judge:    is("role", "roles/artifactregistry.reader"),
}
