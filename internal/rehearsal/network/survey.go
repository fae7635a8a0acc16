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

// Matrix is the ports that the policies allow between any two endpoints.
type Matrix struct {
	// Ends are the endpoints, as rows and as columns.
	Ends []Endpoint
	// Open holds, for each pair, "all", a list of ports, or nothing.
	Open [][]string
}

// Survey evaluates the policies for every pair of endpoints and every port that a
// policy names. The endpoints are a pod without special labels in each namespace, one
// for each pod selector of a policy there, and the outside ones. Pairs of two outside
// endpoints are left empty, as no policy applies to them.
func Survey(policies []networkingv1.NetworkPolicy, namespaces map[string]labels.Set, outside []Endpoint) Matrix {
	m := Matrix{Ends: append(podsOf(policies, namespaces), outside...)}
	doors := namedPorts(policies)
	for _, from := range m.Ends {
		row := make([]string, len(m.Ends))
		for i, to := range m.Ends {
			if podIn(from, namespaces) || podIn(to, namespaces) {
				row[i] = OpenPorts(policies, from, to, doors)
			}
		}
		m.Open = append(m.Open, row)
	}
	return m
}

// OpenPorts lists those of the ports that the policies allow; "all" if they allow all.
func OpenPorts(policies []networkingv1.NetworkPolicy, from, to Endpoint, doors []Door) string {
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

// podIn tells whether an endpoint is a pod in one of the namespaces.
func podIn(e Endpoint, namespaces map[string]labels.Set) bool {
	_, known := namespaces[e.Namespace]
	return known && e.Pod()
}

// podsOf returns one pod for each group of pods that the policies distinguish in the
// namespaces.
func podsOf(policies []networkingv1.NetworkPolicy, namespaces map[string]labels.Set) (ends []Endpoint) {
	for _, namespace := range slices.Sorted(maps.Keys(namespaces)) {
		ends = append(ends, Endpoint{Name: namespace, Namespace: namespace, NamespaceLabels: namespaces[namespace], Labels: labels.Set{"app": "any"}})
		seen := map[string]bool{}
		for _, policy := range policies {
			set := labels.Set(policy.Spec.PodSelector.MatchLabels)
			if policy.Namespace != namespace || len(set) == 0 || seen[set.String()] {
				continue
			}
			seen[set.String()] = true
			name := namespace + ", " + strings.TrimPrefix(strings.TrimPrefix(policy.Name, "allow-"), namespace+"-")
			ends = append(ends, Endpoint{Name: name, Namespace: namespace, NamespaceLabels: namespaces[namespace], Labels: set})
		}
	}
	return ends
}

// namedPorts are the ports in policies, and one that stands for all others.
func namedPorts(policies []networkingv1.NetworkPolicy) (doors []Door) {
	seen := map[Door]bool{{corev1.ProtocolTCP, 9}: true} // the discard protocol, in no policy
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

// OutsideEndpoints are the endpoints outside of the environment's namespaces that matter on
// every GKE cluster. The administrator and the control plane are left out if their
// addresses are not valid.
func OutsideEndpoints(admin, controlPlane netip.Addr) []Endpoint {
	address := func(name string, ip netip.Addr) Endpoint { return Endpoint{Name: name, Address: ip} }
	ends := []Endpoint{
		{Name: "kube-dns", Namespace: "kube-system", Labels: labels.Set{"k8s-app": "kube-dns"}},
		{Name: "metrics collector", Namespace: "gmp-system", Labels: labels.Set{"app.kubernetes.io/name": "collector"}},
		address("metadata server", netip.MustParseAddr("169.254.169.254")),
		address("Google's APIs", netip.MustParseAddr("199.36.153.9")), // private.googleapis.com
		address("the internet", netip.MustParseAddr("192.0.2.1")),
	}
	if controlPlane.IsValid() {
		ends = append(ends, address("control plane", controlPlane))
	}
	if admin.IsValid() {
		ends = append(ends, address("administrator", admin))
	}
	return ends
}
