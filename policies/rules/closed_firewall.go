package rules

import (
	"slices"

	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

// Every rule that allows ingress has to name its sources and its targets.
var closedFirewall = rule.Rule{
	Types: []string{token.Firewall},
	Evaluate: func(r *rule.Resource) {
		if len(r.At("denies").Items()) > 0 {
			return
		}
		if direction, _ := r.At("direction").Text(); direction == "EGRESS" {
			return
		}
		if r.At("sourceTags").Empty() && r.At("sourceServiceAccounts").Empty() {
			r.At("sourceRanges").IsSet("write the admin ranges")
		}
		if r.At("targetServiceAccounts").Empty() {
			r.At("targetTags").IsSet("write the tag of the nodes")
		}
	},
	EvaluateStack: func(s *rule.Stack) {
		if !slices.ContainsFunc(s.Of(token.Firewall), deniesAll) {
			s.Missing("no firewall rule denies all other ingress", "create one of priority 65534 that denies all protocols from 0.0.0.0/0")
		}
	},
}

// deniesAll reports whether a firewall rule denies all ingress that no other rule allows.
func deniesAll(r *rule.Resource) bool {
	return r.At("denies.0.protocol").Holds("all") && r.At("sourceRanges").Holds([]string{"0.0.0.0/0"}) &&
		r.At("priority").Holds(65534) && (r.At("direction").Holds("INGRESS") || r.At("direction").Empty()) &&
		r.At("targetTags").Empty() && r.At("targetServiceAccounts").Empty() && !r.At("disabled").Holds(true)
}
