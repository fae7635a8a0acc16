package rules

import (
	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

var imageAuthorization = rule.Rule{
	Types: []string{token.ImagePolicy},
	Evaluate: func(r *rule.Resource) {
		trusted := r.Environment.AllImages()
		for _, pattern := range r.At("admissionWhitelistPatterns").Items() {
			name := pattern.At("namePattern")
			if !name.HoldsOneOf(trusted) && !name.ReportUnknown() {
				name.Wrong("add it to bastide:trustedImages, the only place for allowed images")
			}
		}
	},
}
