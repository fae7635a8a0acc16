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
				s.Missing("OpenBao's service account does not hold "+role+" on a key", "grant it, or no server unseals")
			}
		}
	},
}

// hasUnsealGrant reports whether a workload holds a role on a key. Who it is may
// not be known before the cluster is there.
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

// isAgent reports whether a member is a service agent of Google's. Source: Google
// Cloud, "Service agents".
func isAgent(member string) bool {
	name, domain, _ := strings.Cut(member, "@")
	return strings.HasPrefix(name, "serviceAccount:service-") && strings.HasSuffix(domain, ".iam.gserviceaccount.com")
}
