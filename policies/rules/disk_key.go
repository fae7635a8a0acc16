package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

var diskKey = rule.Rule{
	Types: []string{token.Disk},
	Judge: func(r *rule.Resource) {
		r.At("diskEncryptionKey.kmsKeySelfLink").IsSet("write the id of the environment's key volumes")
	},
}
