package admission

import (
	"fmt"
)

// nodeRules keep kubelets from changing the label of the node pool for build jobs. GKE
// refuses node pool labels with the prefix that NodeRestriction protects, and a kubelet
// may change any other label of its own node. A compromised node could thus attract build
// jobs away from the pool to which the firewall rules apply. Sources: Kubernetes,
// plugin/pkg/admission/noderestriction; bitpoke/stack issue 86.
//
// The labels that a kubelet registers its node with are not checked: it could register
// the taint as well, and no kubelet may delete its node to register it again.
func nodeRules(p Params) []Rule {
	const labels = ".metadata.?labels[?'%s'].orValue('')"
	return []Rule{{
		ID: "node-labels", Controls: []string{"OWN build placement"}, Scope: Cluster,
		Match: []Match{{Versions: []string{"v1"}, Resources: []string{"nodes", "nodes/status"}, Operations: []string{"UPDATE"}}},
		Conditions: []NamedExpression{
			{"kubelet", "request.?userInfo.?username.orValue('').startsWith('system:node:')"},
		},
		Message: "keep the label " + p.Taint.Key + " of a node as its node pool sets it: a kubelet may not change it, since it decides where build jobs run",
		Valid:   fmt.Sprintf("object"+labels+" == oldObject"+labels, p.Taint.Key, p.Taint.Key),
	}}
}
