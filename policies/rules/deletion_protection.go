package rules

import (
	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

// irreplaceable are the types that can't be recreated from the code: keys, what they
// encrypt, and what contains it.
var irreplaceable = []string{token.Cluster, token.KeyRing, token.CryptoKey, token.Bucket, token.Repository, token.Namespace, token.StatefulSet}

var deletionProtection = rule.Rule{
	Types: irreplaceable,
	Evaluate: func(r *rule.Resource) {
		if force := r.At("forceDestroy"); !force.Empty() {
			force.Is(false) // of a bucket: whether it may be deleted with its objects
		}
		if !r.Protect {
			r.Wrong("the resource option protect is off", "set bastide:deletionProtection to true, or, if the environment may be destroyed, disable this policy in policies/levels")
		}
	},
}
