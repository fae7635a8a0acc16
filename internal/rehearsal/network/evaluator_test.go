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

func TestAllowedEvaluatesNetworkPolicies(t *testing.T) {
	web := Endpoint{Namespace: "a", Labels: labels.Set{"app": "web"}}
	db := Endpoint{Namespace: "a", Labels: labels.Set{"app": "db"}}
	other := Endpoint{Namespace: "b", Labels: labels.Set{"app": "web"}}
	marked := Endpoint{Namespace: "c", NamespaceLabels: labels.Set{"app": "web"}}
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
		"no policy allows everything":                    {nil, other, web, tcp80, true},
		"policy without rules denies":                    {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in})}, other, web, tcp80, false},
		"a policy applies in its direction only":         {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in})}, web, other, tcp80, true},
		"a policy applies in its namespace only":         {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in})}, web, other, tcp80, true},
		"a policy applies to selected pods only":         {[]networkingv1.NetworkPolicy{policy(map[string]string{"app": "db"}, networkingv1.NetworkPolicySpec{PolicyTypes: in})}, other, web, tcp80, true},
		"egress policy without rules denies":             {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: out})}, web, outside, udp53, false},
		"a rule without peers matches all":               {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in, Ingress: from()})}, outside, web, tcp80, true},
		"a pod selector does not match other namespaces": {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in, Ingress: from(networkingv1.NetworkPolicyPeer{PodSelector: appWeb})})}, other, db, tcp80, false},
		"a pod selector matches in its namespace":        {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in, Ingress: from(networkingv1.NetworkPolicyPeer{PodSelector: appWeb})})}, web, db, tcp80, true},
		"a namespace selector matches other namespaces":  {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in, Ingress: from(networkingv1.NetworkPolicyPeer{NamespaceSelector: &metav1.LabelSelector{}})})}, other, db, tcp80, true},
		"a namespace selector matches namespace labels":  {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in, Ingress: from(networkingv1.NetworkPolicyPeer{NamespaceSelector: appWeb})})}, marked, db, tcp80, true},
		"a namespace selector ignores pod labels":        {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in, Ingress: from(networkingv1.NetworkPolicyPeer{NamespaceSelector: appWeb})})}, other, db, tcp80, false},
		"a namespace selector matches no address":        {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in, Ingress: from(networkingv1.NetworkPolicyPeer{NamespaceSelector: &metav1.LabelSelector{}})})}, outside, db, tcp80, false},
		"an IP block matches addresses":                  {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in, Ingress: from(networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: "192.0.2.0/24"}})})}, outside, db, tcp80, true},
		"an IP block matches no pods":                    {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in, Ingress: from(networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: "0.0.0.0/0"}})})}, other, db, tcp80, false},
		"an IP block may have exceptions":                {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in, Ingress: from(networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: "192.0.2.0/24", Except: []string{"192.0.2.4/30"}}})})}, outside, db, tcp80, false},
		"a port may be a range":                          {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in, Ingress: []networkingv1.NetworkPolicyIngressRule{{Ports: []networkingv1.NetworkPolicyPort{{Port: &port, EndPort: &last}}}}})}, other, web, tcp80, true},
		"a port without protocol is TCP":                 {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in, Ingress: []networkingv1.NetworkPolicyIngressRule{{Ports: []networkingv1.NetworkPolicyPort{{}}}}})}, other, web, udp53, false},
		"policies are additive":                          {[]networkingv1.NetworkPolicy{policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in}), policy(nil, networkingv1.NetworkPolicySpec{PolicyTypes: in, Ingress: from()})}, other, web, tcp80, true},
	} {
		assert.Equal(t, row.want, Allowed(row.policies, row.from, row.to, row.through), name)
	}
}
