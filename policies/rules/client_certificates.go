package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// A client certificate is good until it ends: nobody can take it back.
var clientCertificates = rule.Rule{
	Name:     "client-certificates",
	Controls: []string{"CIS 5.8.1"},
	Promise:  "The cluster issues no client certificates",
	Level:    rule.Mandatory,
	Types:    []string{token.Cluster},
	Judge:    is("masterAuth.clientCertificateConfig.issueClientCertificate", false),
}
