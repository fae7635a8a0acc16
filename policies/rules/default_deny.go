package rules

import (
	"slices"

	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

var defaultDeny = rule.Rule{
	EvaluateStack: func(s *rule.Stack) {
		for _, r := range s.Of(token.Namespace, token.NamespacePatch) {
			name, known := r.At("metadata.name").Text()
			if known && !slices.ContainsFunc(s.Of(token.NetworkPolicy), func(p *rule.Resource) bool { return namespace(p) == name && denies(p) }) {
				r.Wrong("no NetworkPolicy denies all traffic of the namespace "+name+" by default", "create one in it with an empty podSelector, policyTypes Ingress and Egress, and no rules")
			}
		}
	},
}

// denies reports whether a policy denies ingress and egress of every pod in its namespace.
func denies(p *rule.Resource) bool {
	types, known := p.At("spec.policyTypes").Texts()
	return known && slices.Contains(types, "Ingress") && slices.Contains(types, "Egress") &&
		p.At("spec.podSelector.matchLabels").Empty() && p.At("spec.podSelector.matchExpressions").Empty() &&
		p.At("spec.ingress").Empty() && p.At("spec.egress").Empty()
}
