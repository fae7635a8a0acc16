package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// Whoever gets hold of etcd's data reads nothing without Cloud KMS.
var secretsEncryption = rule.Rule{
	Name:     "secrets-encryption",
	Controls: []string{"CIS 5.3.1"},
	Promise:  "Secrets in etcd are encrypted with a key of their own",
	Level:    rule.Mandatory,
	Types:    []string{token.Cluster},
	Judge: func(r *rule.Resource) {
		r.At("databaseEncryption.state").Is("ENCRYPTED")
		demandKey(r.At("databaseEncryption.keyName"), "secrets")
	},
	JudgeStack: ownKeyOf(token.Cluster, "databaseEncryption.keyName", "secrets"),
}
