package rules

import (
	"bastide/controls/token"
	"bastide/policies/rule"
)

// Binary Authorization refuses what does not come from the environment's own
// registry or from a pattern that somebody chose to trust.
var imageAuthorization = rule.Rule{
	Name:     "image-authorization",
	Controls: []string{"CIS 5.1.4", "CIS 4.5.1"},
	Promise:  "Only trusted images run",
	Level:    rule.Mandatory,
	Types:    []string{token.Cluster, token.ImagePolicy},
	Judge: func(r *rule.Resource) {
		if r.Type == token.Cluster {
			r.At("binaryAuthorization.evaluationMode").Is("PROJECT_SINGLETON_POLICY_ENFORCE")
			return
		}
		r.At("globalPolicyEvaluationMode").Is("ENABLE")
		r.At("defaultAdmissionRule.evaluationMode").Is("ALWAYS_DENY")
		r.At("defaultAdmissionRule.enforcementMode").Is("ENFORCED_BLOCK_AND_AUDIT_LOG")
		trusted := r.Environment.AllImages()
		for _, pattern := range r.At("admissionWhitelistPatterns").Items() {
			name := pattern.At("namePattern")
			if !name.HoldsOneOf(trusted) && !name.Later() {
				name.Wrong("write it into bastide:trustedImages, where people look for it")
			}
		}
	},
}
