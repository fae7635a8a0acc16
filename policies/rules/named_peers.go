package rules

import (
	"slices"

	"bastide/policies/controls/token"
	"bastide/policies/rule"
)

var namedPeers = rule.Rule{
	Types: []string{token.NetworkPolicy},
	Evaluate: func(r *rule.Resource) {
		types, known := r.At("spec.policyTypes").Texts()
		for direction, rules := range map[string]struct{ list, peers string }{"Ingress": {"ingress", "from"}, "Egress": {"egress", "to"}} {
			opens := r.At("spec." + rules.list)
			if known && len(opens.Items()) > 0 && !slices.Contains(types, direction) {
				r.At("spec.policyTypes").Wrong("add " + direction + ", or the policy does not restrict it")
			}
			for _, open := range opens.Items() {
				peers := open.At(rules.peers)
				peers.IsSet("name the peers; without any, the rule allows all of them")
				for _, peer := range peers.Items() {
					isNamed(peer)
				}
			}
		}
	},
}

// isNamed demands that a peer is specific: an IP range, pods of this namespace, or pods of
// namespaces that a label selects.
func isNamed(peer rule.Value) {
	if peer.At("ipBlock").Exists() {
		return
	}
	if namespaces := peer.At("namespaceSelector"); namespaces.Exists() {
		if namespaces.At("matchLabels").Empty() && namespaces.At("matchExpressions").Empty() {
			namespaces.Wrong("select namespaces by a label")
		}
	} else if !peer.At("podSelector").Exists() {
		peer.Wrong("name pods, namespaces or ranges")
	}
}
