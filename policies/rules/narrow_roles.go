package rules

import (
	"regexp"

	"bastide/policies/rule"
)

// broad are the basic roles, those of administrators, and those with which one
// becomes somebody else. Source: Google Cloud, "IAM basic and predefined roles
// reference".
var broad = regexp.MustCompile(`(?i)^roles/(owner|editor|viewer)$|admin$|^roles/iam\.(serviceAccountTokenCreator|serviceAccountUser|workloadIdentityUser)$|^roles/resourcemanager\.|^roles/iam\.security`)

// roleForm is the name of a predefined role, or of one's own.
var roleForm = regexp.MustCompile(`^((projects|organizations)/[^/]+/)?roles/[A-Za-z0-9_.]+$`)

// IAMPolicy resources are refused whole: what they grant stands in a text, and what they
// don't name they take away.
var narrowRoles = rule.Rule{
	Of: func(kind string) bool { return grantType.MatchString(kind) || policyType.MatchString(kind) },
	Evaluate: func(r *rule.Resource) {
		if policyType.MatchString(r.Type) {
			r.Wrong("an IAM policy replaces every other grant", "grant roles one by one, with the "+r.Kind()[:len(r.Kind())-len("Policy")]+"Member resource")
			return
		}
		role := r.At("role")
		if text, known := role.Text(); known && (!roleForm.MatchString(text) || broad.MatchString(text)) {
			role.Wrong("write the narrowest predefined role that will do, or one of your own")
		}
	},
}
