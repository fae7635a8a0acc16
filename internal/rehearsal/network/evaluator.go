// Package network evaluates NetworkPolicies: which pods and addresses may connect to
// each other. It sends no packets.
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
	// Name is shown in the report.
	Name string
	// Namespace is a pod's namespace; empty for an address.
	Namespace string
	// NamespaceLabels are the labels of the namespace, Labels those of the pod.
	NamespaceLabels, Labels labels.Set
	// Address is set for an address outside of the cluster only.
	Address netip.Addr
}

// Pod tells whether the endpoint is a pod.
func (e Endpoint) Pod() bool { return e.Namespace != "" }

// Door is a port, with its protocol.
type Door struct {
	Protocol corev1.Protocol
	Port     int32
}

// Allowed tells whether the policies allow a connection: egress at the one end, and
// ingress at the other. Source: Kubernetes, "Network Policies". An ipBlock never
// matches a pod, as under Dataplane V2.
func Allowed(policies []networkingv1.NetworkPolicy, from, to Endpoint, through Door) bool {
	return egressAllowed(policies, from, to, through) && ingressAllowed(policies, from, to, through)
}

func egressAllowed(policies []networkingv1.NetworkPolicy, from, to Endpoint, through Door) bool {
	selected := selecting(policies, from, networkingv1.PolicyTypeEgress)
	return len(selected) == 0 || slices.ContainsFunc(selected, func(policy networkingv1.NetworkPolicy) bool {
		return slices.ContainsFunc(policy.Spec.Egress, func(rule networkingv1.NetworkPolicyEgressRule) bool {
			return matchesPeers(policy.Namespace, rule.To, to) && matchesPorts(rule.Ports, through)
		})
	})
}

func ingressAllowed(policies []networkingv1.NetworkPolicy, from, to Endpoint, through Door) bool {
	selected := selecting(policies, to, networkingv1.PolicyTypeIngress)
	return len(selected) == 0 || slices.ContainsFunc(selected, func(policy networkingv1.NetworkPolicy) bool {
		return slices.ContainsFunc(policy.Spec.Ingress, func(rule networkingv1.NetworkPolicyIngressRule) bool {
			return matchesPeers(policy.Namespace, rule.From, from) && matchesPorts(rule.Ports, through)
		})
	})
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

// matchesPeers tells whether a rule's peers match an endpoint. A rule without peers
// matches all.
func matchesPeers(namespace string, peers []networkingv1.NetworkPolicyPeer, e Endpoint) bool {
	return len(peers) == 0 || slices.ContainsFunc(peers, func(peer networkingv1.NetworkPolicyPeer) bool {
		if peer.IPBlock != nil {
			return !e.Pod() && inBlock(peer.IPBlock.CIDR, e.Address) && !slices.ContainsFunc(peer.IPBlock.Except, func(except string) bool {
				return inBlock(except, e.Address)
			})
		}
		if !e.Pod() || peer.PodSelector != nil && !selects(peer.PodSelector, e.Labels) {
			return false
		}
		if peer.NamespaceSelector == nil {
			return e.Namespace == namespace
		}
		return selects(peer.NamespaceSelector, labels.Merge(e.NamespaceLabels, labels.Set{corev1.LabelMetadataName: e.Namespace}))
	})
}

func inBlock(cidr string, address netip.Addr) bool {
	return netip.MustParsePrefix(cidr).Contains(address)
}

// matchesPorts tells whether a rule's ports match. A rule without ports matches all.
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
			panic("the network evaluator does not support named ports; use a number, or add them to internal/rehearsal/network/evaluator.go")
		}
		last := port.Port.IntVal
		if port.EndPort != nil {
			last = *port.EndPort
		}
		return port.Port.IntVal <= through.Port && through.Port <= last
	})
}
