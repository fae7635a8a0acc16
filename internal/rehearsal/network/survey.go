package network

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Matrix tells which doors are open between any two ends.
type Matrix struct {
	// Ends are the rows, and the columns.
	Ends []Endpoint
	// Open holds, for each pair, "all", a list of doors, or nothing.
	Open [][]string
}

// Survey asks about every pair of ends and every port that a policy mentions. The
// ends are a plain pod of each namespace, one for each way in which a policy
// selects pods there, and those outside. Pairs that are both outside are nobody's
// business, and left empty.
func Survey(policies []networkingv1.NetworkPolicy, namespaces map[string]labels.Set, outside []Endpoint) Matrix {
	m := Matrix{Ends: append(podsOf(policies, namespaces), outside...)}
	doors := mentioned(policies)
	for _, from := range m.Ends {
		row := make([]string, len(m.Ends))
		for i, to := range m.Ends {
			if guarded(from, namespaces) || guarded(to, namespaces) {
				row[i] = Through(policies, from, to, doors)
			}
		}
		m.Open = append(m.Open, row)
	}
	return m
}

// Through lists the doors that are open, "all" for all of them.
func Through(policies []networkingv1.NetworkPolicy, from, to Endpoint, doors []Door) string {
	var open []string
	for _, d := range doors {
		if Allowed(policies, from, to, d) {
			open = append(open, fmt.Sprintf("%s %d", d.Protocol, d.Port))
		}
	}
	if len(open) == len(doors) {
		return "all"
	}
	return strings.Join(open, ", ")
}

func guarded(e Endpoint, namespaces map[string]labels.Set) bool {
	_, known := namespaces[e.Namespace]
	return known && e.Pod()
}

// podsOf are the pods that there may be in the namespaces, as far as policies tell
// them apart.
func podsOf(policies []networkingv1.NetworkPolicy, namespaces map[string]labels.Set) (ends []Endpoint) {
	for _, namespace := range slices.Sorted(maps.Keys(namespaces)) {
		ends = append(ends, Endpoint{Name: namespace, Namespace: namespace, Around: namespaces[namespace], Labels: labels.Set{"app": "any"}})
		seen := map[string]bool{}
		for _, policy := range policies {
			set := labels.Set(policy.Spec.PodSelector.MatchLabels)
			if policy.Namespace != namespace || len(set) == 0 || seen[set.String()] {
				continue
			}
			seen[set.String()] = true
			name := namespace + ", " + strings.TrimPrefix(strings.TrimPrefix(policy.Name, "allow-"), namespace+"-")
			ends = append(ends, Endpoint{Name: name, Namespace: namespace, Around: namespaces[namespace], Labels: set})
		}
	}
	return ends
}

// mentioned are the ports that policies speak of, and one that none does.
func mentioned(policies []networkingv1.NetworkPolicy) (doors []Door) {
	seen := map[Door]bool{{corev1.ProtocolTCP, 9}: true} // discard: nobody's
	note := func(ports []networkingv1.NetworkPolicyPort) {
		for _, port := range ports {
			if port.Port != nil && port.Protocol != nil {
				seen[Door{*port.Protocol, port.Port.IntVal}] = true
			}
		}
	}
	for _, policy := range policies {
		for _, rule := range policy.Spec.Ingress {
			note(rule.Ports)
		}
		for _, rule := range policy.Spec.Egress {
			note(rule.Ports)
		}
	}
	return slices.SortedFunc(maps.Keys(seen), func(a, b Door) int {
		return cmp.Or(cmp.Compare(a.Port, b.Port), strings.Compare(string(b.Protocol), string(a.Protocol)))
	})
}

// Outside are the ends beyond the environment's namespaces that matter on every
// GKE cluster. The administrator and the control plane are left out where their
// addresses are not known.
func Outside(admin, controlPlane netip.Addr) []Endpoint {
	address := func(name string, ip netip.Addr) Endpoint { return Endpoint{Name: name, Address: ip} }
	ends := []Endpoint{
		{Name: "kube-dns", Namespace: "kube-system", Labels: labels.Set{"k8s-app": "kube-dns"}},
		{Name: "metrics collector", Namespace: "gmp-system", Labels: labels.Set{"app.kubernetes.io/name": "collector"}},
		address("metadata server", netip.MustParseAddr("169.254.169.254")),
		address("Google's APIs", netip.MustParseAddr("199.36.153.9")), // private.googleapis.com
		address("somebody on the internet", netip.MustParseAddr("192.0.2.1")),
	}
	if controlPlane.IsValid() {
		ends = append(ends, address("control plane", controlPlane))
	}
	if admin.IsValid() {
		ends = append(ends, address("administrator", admin))
	}
	return ends
}
