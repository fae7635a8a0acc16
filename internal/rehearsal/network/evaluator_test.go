package network

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func TestTheEvaluator(t *testing.T) {
	web := Endpoint{Namespace: "a", Labels: labels.Set{"app": "web"}}
	db := Endpoint{Namespace: "a", Labels: labels.Set{"app": "db"}}
	other := Endpoint{Namespace: "b", Labels: labels.Set{"app": "web"}}
	marked := Endpoint{Namespace: "c", Around: labels.Set{"app": "web"}}
	outside := Endpoint{Address: netip.MustParseAddr("192.0.2.5")}
	tcp80, udp53 := Door{corev1.ProtocolTCP, 80}, Door{corev1.ProtocolUDP, 53}
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
		from, to Endpoint
		through  Door
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
		assert.Equal(t, row.want, Allowed(row.policies, row.from, row.to, row.through), name)
	}
}
