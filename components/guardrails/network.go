package guardrails

import (
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	networkingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/networking/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/kube"
	"bastide/components/scope"
	"bastide/environment"
)

// localDNS is the address of NodeLocal DNSCache, which is the same in every cluster.
// Source: GKE, "Configure network policies", under Dataplane V2.
const localDNS = "169.254.20.10/32"

// The pod labels to which a NetworkPolicy gives further access.
const (
	// workloadIdentityLabel lets a pod reach the metadata server, and so get tokens of
	// its workload identity.
	workloadIdentityLabel = "bastide/workload-identity"
	// adminLabel lets administrators reach a pod from the admin ranges.
	adminLabel = "bastide/admin-surface"
)

// closeNetwork denies a namespace all traffic in both directions, then allows DNS and what
// its plan lists. CIS GKE 4.3.2.
func closeNetwork(s scope.Scope, p plan) error {
	for _, step := range append([]func(scope.Scope, plan) error{denyAll, allowDNS}, p.open...) {
		if err := step(s, p); err != nil {
			return err
		}
	}
	return nil
}

func networkPolicy(s scope.Scope, p plan, name string, spec networkingv1.NetworkPolicySpecArgs) error {
	_, err := networkingv1.NewNetworkPolicy(s.Context(), s.Name(p.name+"-"+name), &networkingv1.NetworkPolicyArgs{
		Metadata: kube.In(p.name, name),
		Spec:     spec,
	}, s.Child()...)
	return err
}

var everyPod = metav1.LabelSelectorArgs{}

func labelled(key string) metav1.LabelSelectorArgs {
	return metav1.LabelSelectorArgs{MatchLabels: pulumi.StringMap{key: pulumi.String("true")}}
}

func directions(names ...string) pulumi.StringArray { return pulumi.ToStringArray(names) }

func denyAll(s scope.Scope, p plan) error {
	return networkPolicy(s, p, "default-deny", networkingv1.NetworkPolicySpecArgs{
		PodSelector: everyPod, PolicyTypes: directions("Ingress", "Egress"),
	})
}

// allowDNS allows kube-dns, NodeLocal DNSCache and Cloud DNS, whichever of them the
// cluster uses. Dataplane V2 redirects traffic for kube-dns to the cache's pod and applies
// policies to that pod; without it, policies see the cache's address.
func allowDNS(s scope.Scope, p plan) error {
	ports := networkingv1.NetworkPolicyPortArray{kube.Port("UDP", 53), kube.Port("TCP", 53)}
	return networkPolicy(s, p, "allow-dns", networkingv1.NetworkPolicySpecArgs{
		PodSelector: everyPod, PolicyTypes: directions("Egress"),
		Egress: networkingv1.NetworkPolicyEgressRuleArray{networkingv1.NetworkPolicyEgressRuleArgs{
			To: networkingv1.NetworkPolicyPeerArray{
				networkingv1.NetworkPolicyPeerArgs{
					NamespaceSelector: metav1.LabelSelectorArgs{MatchLabels: pulumi.StringMap{"kubernetes.io/metadata.name": pulumi.String("kube-system")}},
					PodSelector: metav1.LabelSelectorArgs{MatchExpressions: metav1.LabelSelectorRequirementArray{metav1.LabelSelectorRequirementArgs{
						Key: pulumi.String("k8s-app"), Operator: pulumi.String("In"), Values: pulumi.ToStringArray([]string{"kube-dns", "node-local-dns"}),
					}}},
				},
				kube.Block(pulumi.String(localDNS)), kube.Block(pulumi.String(kube.MetadataServer)),
			},
			Ports: ports,
		}},
	})
}

// allowNeighbours lets the pods of a namespace talk to each other.
func allowNeighbours(s scope.Scope, p plan) error {
	neighbours := networkingv1.NetworkPolicyPeerArray{networkingv1.NetworkPolicyPeerArgs{PodSelector: everyPod}}
	return networkPolicy(s, p, "allow-same-namespace", networkingv1.NetworkPolicySpecArgs{
		PodSelector: everyPod, PolicyTypes: directions("Ingress", "Egress"),
		Ingress: networkingv1.NetworkPolicyIngressRuleArray{networkingv1.NetworkPolicyIngressRuleArgs{From: neighbours}},
		Egress:  networkingv1.NetworkPolicyEgressRuleArray{networkingv1.NetworkPolicyEgressRuleArgs{To: neighbours}},
	})
}

func allowMetadata(s scope.Scope, p plan) error {
	return networkPolicy(s, p, "allow-workload-identity", networkingv1.NetworkPolicySpecArgs{
		PodSelector: labelled(workloadIdentityLabel), PolicyTypes: directions("Egress"),
		Egress: networkingv1.NetworkPolicyEgressRuleArray{kube.ToMetadata()},
	})
}

// allowAdmin lets administrators reach pods with adminLabel from outside the cluster.
func (a Args) allowAdmin(s scope.Scope, p plan) error {
	return networkPolicy(s, p, "allow-admin", networkingv1.NetworkPolicySpecArgs{
		PodSelector: labelled(adminLabel), PolicyTypes: directions("Ingress"),
		Ingress: networkingv1.NetworkPolicyIngressRuleArray{networkingv1.NetworkPolicyIngressRuleArgs{From: kube.Peers(a.Admission.Admin, a.MaskAdmin)}},
	})
}

// allowOpenBao allows a client's egress to OpenBao. OpenBao's own policy allows the
// ingress.
func allowOpenBao(s scope.Scope, p plan) error {
	return networkPolicy(s, p, "allow-openbao", networkingv1.NetworkPolicySpecArgs{
		PodSelector: everyPod, PolicyTypes: directions("Egress"),
		Egress: networkingv1.NetworkPolicyEgressRuleArray{networkingv1.NetworkPolicyEgressRuleArgs{
			To: networkingv1.NetworkPolicyPeerArray{networkingv1.NetworkPolicyPeerArgs{NamespaceSelector: metav1.LabelSelectorArgs{
				MatchLabels: pulumi.StringMap{"kubernetes.io/metadata.name": pulumi.String(environment.OpenBaoNamespace)},
			}}},
			Ports: kube.TCP(environment.OpenBaoPort),
		}},
	})
}
