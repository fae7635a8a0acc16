package rules

import (
	"strings"

	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

var unsealGrants = rule.Rule{
	Types: []string{token.KeyGrant},
	Evaluate: func(r *rule.Resource) {
		member := r.At("member")
		if text, known := member.Text(); known && !isWorkload(text) && !isAgent(text) {
			member.Wrong("name one Kubernetes service account (principal://...) or a service agent")
		}
	},
	EvaluateStack: func(s *rule.Stack) {
		for _, role := range []string{"roles/cloudkms.cryptoKeyEncrypterDecrypter", "roles/cloudkms.viewer"} {
			if !hasUnsealGrant(s, role) {
				s.Missing("OpenBao's service account does not have "+role+" on a key", "grant it; without it no server can unseal")
			}
		}
	},
}

// hasUnsealGrant reports whether a workload has a role on a key. The member may be
// unknown before the cluster exists.
func hasUnsealGrant(s *rule.Stack, role string) bool {
	for _, r := range s.Of(token.KeyGrant) {
		member, known := r.At("member").Text()
		if r.At("role").Holds(role) && (!known || isWorkload(member)) {
			return true
		}
	}
	return false
}

// isWorkload reports whether a member is one Kubernetes service account.
func isWorkload(member string) bool {
	return strings.HasPrefix(member, "principal://iam.googleapis.com/") && strings.Contains(member, "/subject/ns/")
}

// isAgent reports whether a member is one of Google's service agents. Source: Google
// Cloud, "Service agents".
func isAgent(member string) bool {
	name, domain, _ := strings.Cut(member, "@")
	return strings.HasPrefix(name, "serviceAccount:service-") && strings.HasSuffix(domain, ".iam.gserviceaccount.com")
}
