package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// Private nodes have no other way to the registry, to Cloud KMS and to Cloud Logging.
var privateGoogleAccess = rule.Rule{
	Name:     "private-google-access",
	Controls: []string{"GUIDE private Google access"},
	Promise:  "Nodes reach Google's APIs without public addresses",
	Level:    rule.Mandatory,
	Types:    []string{token.Subnetwork},
	Judge:    is("privateIpGoogleAccess", true),
}
