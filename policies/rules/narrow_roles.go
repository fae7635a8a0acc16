package rules

import (
	"regexp"

	"bastide/policies/rule"
)

// broad are the basic roles, those of administrators, and those that allow
// impersonation. Source: Google Cloud, "IAM basic and predefined roles reference".
var broad = regexp.MustCompile(`(?i)^roles/(owner|editor|viewer)$|admin$|^roles/iam\.(serviceAccountTokenCreator|serviceAccountUser|workloadIdentityUser)$|^roles/resourcemanager\.|^roles/iam\.security`)

// roleForm is the form of the name of a predefined or custom role.
var roleForm = regexp.MustCompile(`^((projects|organizations)/[^/]+/)?roles/[A-Za-z0-9_.]+$`)

// IAMPolicy resources are refused altogether: their grants are in a single string, and
// they remove all grants that they do not list.
var narrowRoles = rule.Rule{
	Of: func(kind string) bool { return grantType.MatchString(kind) || policyType.MatchString(kind) },
	Evaluate: func(r *rule.Resource) {
		if policyType.MatchString(r.Type) {
			r.Wrong("an IAM policy replaces every other grant", "grant roles one by one, with the "+r.Kind()[:len(r.Kind())-len("Policy")]+"Member resource")
			return
		}
		role := r.At("role")
		if text, known := role.Text(); known && (!roleForm.MatchString(text) || broad.MatchString(text)) {
			role.Wrong("write the narrowest predefined role that is sufficient, or a custom role")
		}
	},
}
