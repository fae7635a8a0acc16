package admission

import (
	"fmt"
)

// nodeRules keep the label of the pool for build jobs where it was put. GKE takes
// no label of the prefix that NodeRestriction guards, and any other a kubelet may
// change on its own node: one that was taken over would attract build jobs, away
// from the pool that the firewall is about. Sources: Kubernetes,
// plugin/pkg/admission/noderestriction; bitpoke/stack issue 86.
//
// What a kubelet registers with is not looked at: it could bring the taint as well,
// and no kubelet may delete its node to register again.
func nodeRules(p Params) []Rule {
	const labels = ".metadata.?labels[?'%s'].orValue('')"
	return []Rule{{
		ID: "node-labels", Controls: []string{"OWN build placement"}, Scope: Cluster,
		Match: []Match{{Versions: []string{"v1"}, Resources: []string{"nodes", "nodes/status"}, Operations: []string{"UPDATE"}}},
		Conditions: []Named{
			{"kubelet", "request.?userInfo.?username.orValue('').startsWith('system:node:')"},
		},
		Message: "leave the label " + p.Taint.Key + " of a node as its pool has it; a kubelet may not change it, which would bring build jobs to its node or keep them off",
		Valid:   fmt.Sprintf("object"+labels+" == oldObject"+labels, p.Taint.Key, p.Taint.Key),
	}}
}
