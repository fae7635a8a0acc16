package network_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// endpoint is a pod, or an address outside of the cluster.
type endpoint struct {
	name      string
	namespace string     // empty for an address
	around    labels.Set // the labels of the namespace
	labels    labels.Set
	address   netip.Addr
}

func (e endpoint) pod() bool { return e.namespace != "" }

// door is a port of a protocol.
type door struct {
	protocol corev1.Protocol
	port     int32
}

// allowed tells whether the policies let a connection be made: out of the one
// end and into the other. Source: Kubernetes, "Network Policies". Addresses in
// policies never mean pods, as under Dataplane V2.
func allowed(policies []networkingv1.NetworkPolicy, from, to endpoint, through door) bool {
	return leaves(policies, from, to, through) && enters(policies, from, to, through)
}

func leaves(policies []networkingv1.NetworkPolicy, from, to endpoint, through door) bool {
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

func enters(policies []networkingv1.NetworkPolicy, from, to endpoint, through door) bool {
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
func selecting(policies []networkingv1.NetworkPolicy, e endpoint, direction networkingv1.PolicyType) (all []networkingv1.NetworkPolicy) {
	for _, policy := range policies {
		if e.pod() && policy.Namespace == e.namespace && slices.Contains(policy.Spec.PolicyTypes, direction) &&
			selects(&policy.Spec.PodSelector, e.labels) {
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
func matchesPeers(namespace string, peers []networkingv1.NetworkPolicyPeer, e endpoint) bool {
	return len(peers) == 0 || slices.ContainsFunc(peers, func(peer networkingv1.NetworkPolicyPeer) bool {
		if peer.IPBlock != nil {
			return !e.pod() && inside(peer.IPBlock.CIDR, e.address) && !slices.ContainsFunc(peer.IPBlock.Except, func(except string) bool {
				return inside(except, e.address)
			})
		}
		if !e.pod() || peer.PodSelector != nil && !selects(peer.PodSelector, e.labels) {
			return false
		}
		if peer.NamespaceSelector == nil {
			return e.namespace == namespace
		}
		return selects(peer.NamespaceSelector, labels.Merge(e.around, labels.Set{corev1.LabelMetadataName: e.namespace}))
	})
}

func inside(cidr string, address netip.Addr) bool {
	return netip.MustParsePrefix(cidr).Contains(address)
}

// matchesPorts: no ports at all means every port.
func matchesPorts(ports []networkingv1.NetworkPolicyPort, through door) bool {
	return len(ports) == 0 || slices.ContainsFunc(ports, func(port networkingv1.NetworkPolicyPort) bool {
		protocol := corev1.ProtocolTCP
		if port.Protocol != nil {
			protocol = *port.Protocol
		}
		if protocol != through.protocol {
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
		return port.Port.IntVal <= through.port && through.port <= last
	})
}

func TestTheEvaluator(t *testing.T) {
	web := endpoint{namespace: "a", labels: labels.Set{"app": "web"}}
	db := endpoint{namespace: "a", labels: labels.Set{"app": "db"}}
	other := endpoint{namespace: "b", labels: labels.Set{"app": "web"}}
	marked := endpoint{namespace: "c", around: labels.Set{"app": "web"}}
	outside := endpoint{address: netip.MustParseAddr("192.0.2.5")}
	tcp80, udp53 := door{corev1.ProtocolTCP, 80}, door{corev1.ProtocolUDP, 53}
	policy := func(selector map[string]string, spec networkingv1.NetworkPolicySpec) networkingv1.NetworkPolicy {
		spec.PodSelector = metav1.LabelSelector{MatchLabels: selector}
		return networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: "a"}, Spec: spec}
	}
	in := []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
	out := []networkingv1.PolicyType{networkingv1.PolicyTypeEgress}
	from := func(peers ...networkingv1.NetworkPolicyPeer) []networkingv1.NetworkPolicyIngressRule {
		return []networkingv1.NetworkPolicyIngressRule{{From: peers}}
	}
	port, last := intstr.FromInt32(79), int32(81)
	appWeb := &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}

	for name, row := range map[string]struct {
		policies []networkingv1.NetworkPolicy
		from, to endpoint
		through  door
		want     bool
	}{
		"no policy lets all through":          {nil, other, web, tcp80, true},
		"an empty policy shuts a pod":         {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in})}, other, web, tcp80, false},
		"in its own direction only":           {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in})}, web, other, tcp80, true},
		"in its own namespace only":           {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in})}, web, other, tcp80, true},
		"and the pods that it selects":        {[]networkingv1.NetworkPolicy{policy(map[string]string{"app": "db"}, networkingv1.NetworkPolicySpec{PolicyTypes: in})}, other, web, tcp80, true},
		"out as well":                         {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: out})}, web, outside, udp53, false},
		"a rule without peers is for all":     {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in, Ingress: from()})}, outside, web, tcp80, true},
		"a pod selector stays at home":        {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in, Ingress: from(networkingv1.NetworkPolicyPeer{PodSelector: appWeb})})}, other, db, tcp80, false},
		"where it matches":                    {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in, Ingress: from(networkingv1.NetworkPolicyPeer{PodSelector: appWeb})})}, web, db, tcp80, true},
		"a namespace selector goes abroad":    {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in, Ingress: from(networkingv1.NetworkPolicyPeer{NamespaceSelector: &metav1.LabelSelector{}})})}, other, db, tcp80, true},
		"it looks at the namespace's labels":  {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in, Ingress: from(networkingv1.NetworkPolicyPeer{NamespaceSelector: appWeb})})}, marked, db, tcp80, true},
		"not at the pod's":                    {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in, Ingress: from(networkingv1.NetworkPolicyPeer{NamespaceSelector: appWeb})})}, other, db, tcp80, false},
		"but not out of the cluster":          {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in, Ingress: from(networkingv1.NetworkPolicyPeer{NamespaceSelector: &metav1.LabelSelector{}})})}, outside, db, tcp80, false},
		"a block is for addresses":            {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in, Ingress: from(networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: "192.0.2.0/24"}})})}, outside, db, tcp80, true},
		"never for pods":                      {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in, Ingress: from(networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: "0.0.0.0/0"}})})}, other, db, tcp80, false},
		"with exceptions":                     {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in, Ingress: from(networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: "192.0.2.0/24", Except: []string{"192.0.2.4/30"}}})})}, outside, db, tcp80, false},
		"ports may be ranges":                 {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in, Ingress: []networkingv1.NetworkPolicyIngressRule{{Ports: []networkingv1.NetworkPolicyPort{{Port: &port, EndPort: &last}}}}})}, other, web, tcp80, true},
		"of one protocol":                     {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in, Ingress: []networkingv1.NetworkPolicyIngressRule{{Ports: []networkingv1.NetworkPolicyPort{{}}}}})}, other, web, udp53, false},
		"policies add up, and never subtract": {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in}), policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in, Ingress: from()})}, other, web, tcp80, true},
	} {
		assert.Equal(t, row.want, allowed(row.policies, row.from, row.to, row.through), name)
	}
}
