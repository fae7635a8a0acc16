package rules

import (
	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

var diskKey = rule.Rule{
	Types: []string{token.Disk},
	Evaluate: func(r *rule.Resource) {
		r.At("diskEncryptionKey.kmsKeySelfLink").IsSet("write the id of the environment's key \"volumes\"")
	},
}
