// Package network tells who may talk to whom under NetworkPolicies. It evaluates
// them; no packet moves.
package network

import (
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Endpoint is a pod, or an address outside of the cluster.
type Endpoint struct {
	// Name is for people.
	Name string
	// Namespace is empty for an address.
	Namespace string
	// Around are the labels of the namespace, Labels those of the pod.
	Around, Labels labels.Set
	// Address is what an endpoint is that is no pod.
	Address netip.Addr
}

// Pod tells whether it is one.
func (e Endpoint) Pod() bool { return e.Namespace != "" }

// Door is a port of a protocol.
type Door struct {
	Protocol corev1.Protocol
	Port     int32
}

// Allowed tells whether the policies let a connection be made: out of the one
// end and into the other. Source: Kubernetes, "Network Policies". Addresses in
// policies never mean pods, as under Dataplane V2.
func Allowed(policies []networkingv1.NetworkPolicy, from, to Endpoint, through Door) bool {
	return leaves(policies, from, to, through) && enters(policies, from, to, through)
}

func leaves(policies []networkingv1.NetworkPolicy, from, to Endpoint, through Door) bool {
	isolated := false
	for _, policy := range selecting(policies, from, networkingv1.PolicyTypeEgress) {
		isolated = true
		for _, rule := range policy.Spec.Egress {
			if matchesPeers(policy.Namespace, rule.To, to) && matchesPorts(rule.Ports, through) {
				return true
			}
		}
	}
	return !isolated
}

func enters(policies []networkingv1.NetworkPolicy, from, to Endpoint, through Door) bool {
	isolated := false
	for _, policy := range selecting(policies, to, networkingv1.PolicyTypeIngress) {
		isolated = true
		for _, rule := range policy.Spec.Ingress {
			if matchesPeers(policy.Namespace, rule.From, from) && matchesPorts(rule.Ports, through) {
				return true
			}
		}
	}
	return !isolated
}

// selecting are the policies that apply to a pod in a direction.
func selecting(policies []networkingv1.NetworkPolicy, e Endpoint, direction networkingv1.PolicyType) (all []networkingv1.NetworkPolicy) {
	for _, policy := range policies {
		if e.Pod() && policy.Namespace == e.Namespace && slices.Contains(policy.Spec.PolicyTypes, direction) &&
			selects(&policy.Spec.PodSelector, e.Labels) {
			all = append(all, policy)
		}
	}
	return all
}

func selects(selector *metav1.LabelSelector, set labels.Set) bool {
	compiled, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		panic(err)
	}
	return compiled.Matches(set)
}

// matchesPeers: no peers at all means everybody.
func matchesPeers(namespace string, peers []networkingv1.NetworkPolicyPeer, e Endpoint) bool {
	return len(peers) == 0 || slices.ContainsFunc(peers, func(peer networkingv1.NetworkPolicyPeer) bool {
		if peer.IPBlock != nil {
			return !e.Pod() && inside(peer.IPBlock.CIDR, e.Address) && !slices.ContainsFunc(peer.IPBlock.Except, func(except string) bool {
				return inside(except, e.Address)
			})
		}
		if !e.Pod() || peer.PodSelector != nil && !selects(peer.PodSelector, e.Labels) {
			return false
		}
		if peer.NamespaceSelector == nil {
			return e.Namespace == namespace
		}
		return selects(peer.NamespaceSelector, labels.Merge(e.Around, labels.Set{corev1.LabelMetadataName: e.Namespace}))
	})
}

func inside(cidr string, address netip.Addr) bool {
	return netip.MustParsePrefix(cidr).Contains(address)
}

// matchesPorts: no ports at all means every port.
func matchesPorts(ports []networkingv1.NetworkPolicyPort, through Door) bool {
	return len(ports) == 0 || slices.ContainsFunc(ports, func(port networkingv1.NetworkPolicyPort) bool {
		protocol := corev1.ProtocolTCP
		if port.Protocol != nil {
			protocol = *port.Protocol
		}
		if protocol != through.Protocol {
			return false
		}
		if port.Port == nil {
			return true
		}
		if port.Port.Type == intstr.String {
			panic("named ports are more than this evaluator knows")
		}
		last := port.Port.IntVal
		if port.EndPort != nil {
			last = *port.EndPort
		}
		return port.Port.IntVal <= through.Port && through.Port <= last
	})
}
