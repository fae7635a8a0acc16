package rules

import (
	"regexp"
	"slices"

	"bastide/environment"
	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

// count is the form of a positive object count. Source: Kubernetes, "Resource Quotas",
// object count.
var count = regexp.MustCompile(`^[1-9][0-9]{0,3}$`)

var namespaceBoundaries = rule.Rule{
	Types: []string{token.Namespace, token.ResourceQuota},
	Evaluate: func(r *rule.Resource) {
		if r.Type == token.Namespace {
			r.At("metadata.labels[bastide/owner]").Matches(owner, "write the team that is responsible for it")
			return
		}
		if namespace(r) != environment.UnusedNamespace {
			r.At("spec.hard.pods").Matches(count, "write the maximum number of pods, up to 9999")
		}
	},
	EvaluateStack: func(s *rule.Stack) {
		for _, r := range s.Of(token.Namespace) {
			name, known := r.At("metadata.name").Text()
			if known && !slices.ContainsFunc(s.Of(token.ResourceQuota), func(q *rule.Resource) bool { return namespace(q) == name }) {
				r.Wrong("nothing limits the resources of the namespace "+name, "create a ResourceQuota in it")
			}
		}
	},
}

// owner is a team's name, as a label can hold it.
var owner = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$`)
