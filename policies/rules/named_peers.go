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
				r.At("spec.policyTypes").Wrong("add " + direction + ", or nothing of it is closed")
			}
			for _, open := range opens.Items() {
				peers := open.At(rules.peers)
				peers.IsSet("name who, or the rule opens to everybody")
				for _, peer := range peers.Items() {
					isNamed(peer)
				}
			}
		}
	},
}

// isNamed demands that a peer is somebody: a range, the pods of this namespace, or
// those of namespaces that are told by a label.
func isNamed(peer rule.Value) {
	if peer.At("ipBlock").Exists() {
		return
	}
	if namespaces := peer.At("namespaceSelector"); namespaces.Exists() {
		if namespaces.At("matchLabels").Empty() && namespaces.At("matchExpressions").Empty() {
			namespaces.Wrong("name namespaces by a label")
		}
	} else if !peer.At("podSelector").Exists() {
		peer.Wrong("name pods, namespaces or ranges")
	}
}
