package rules

import (
	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

// What can not be made again from the code: keys, and what they encrypt.
var irreplaceable = []string{token.Cluster, token.KeyRing, token.CryptoKey, token.Bucket, token.Repository, token.Namespace, token.StatefulSet}

var deletionProtection = rule.Rule{
	Types: irreplaceable,
	Evaluate: func(r *rule.Resource) {
		if force := r.At("forceDestroy"); !force.Empty() {
			force.Is(false) // of a bucket: whether it may go with what is in it
		}
		if !r.Protect {
			r.Wrong("the option protect is off", "set bastide:deletionProtection to true, or say in policies/levels that this environment may vanish")
		}
	},
}
