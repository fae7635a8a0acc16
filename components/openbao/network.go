package openbao

import (
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	networkingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/networking/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/kube"
	"bastide/components/openbao/config"
	"bastide/components/scope"
	"bastide/environment"
)

const httpsPort = 443

// openNetwork allows the traffic that OpenBao needs in a namespace that denies all other:
// between servers, from clients and collectors to servers, and from servers and snapshot
// jobs to Google's APIs.
func (o *OpenBao) openNetwork(s scope.Scope) error {
	for _, policy := range []struct {
		name    string
		pods    pulumi.StringMap
		ingress networkingv1.NetworkPolicyIngressRuleArray
		egress  networkingv1.NetworkPolicyEgressRuleArray
	}{
		{"servers", serverLabels, o.intoServers(), o.outOfServers()},
		{"snapshots", snapshotLabels, nil, networkingv1.NetworkPolicyEgressRuleArray{
			to(config.APIPort, podsLabelled(serverLabels)), kube.ToMetadata(), o.toGoogle(),
		}},
	} {
		_, err := networkingv1.NewNetworkPolicy(s.Context(), s.Name("allow-"+policy.name), &networkingv1.NetworkPolicyArgs{
			Metadata: meta("allow-openbao-"+policy.name, nil),
			Spec: networkingv1.NetworkPolicySpecArgs{
				PodSelector: metav1.LabelSelectorArgs{MatchLabels: policy.pods},
				PolicyTypes: pulumi.ToStringArray([]string{"Ingress", "Egress"}),
				Ingress:     policy.ingress,
				Egress:      policy.egress,
			},
		}, s.Child()...)
		if err != nil {
			return err
		}
	}
	return nil
}

// intoServers allows the raft port to servers only, the API port to servers, snapshot jobs
// and client namespaces, and the metrics port to Google's collectors.
func (o *OpenBao) intoServers() networkingv1.NetworkPolicyIngressRuleArray {
	servers := podsLabelled(serverLabels)
	rules := networkingv1.NetworkPolicyIngressRuleArray{
		from(config.ClusterPort, servers),
		from(config.APIPort, servers),
		from(config.APIPort, podsLabelled(snapshotLabels)),
		from(config.APIPort, networkingv1.NetworkPolicyPeerArgs{
			NamespaceSelector: metav1.LabelSelectorArgs{MatchLabels: pulumi.StringMap{environment.OpenBaoClientLabel: pulumi.String("true")}},
		}),
		from(config.MetricsPort, networkingv1.NetworkPolicyPeerArgs{
			NamespaceSelector: metav1.LabelSelectorArgs{MatchLabels: pulumi.StringMap{"kubernetes.io/metadata.name": pulumi.String(collectorNamespace)}},
			PodSelector:       metav1.LabelSelectorArgs{MatchLabels: pulumi.StringMap{nameLabel: pulumi.String("collector")}},
		}),
	}
	if o.args.Expose {
		rules = append(rules, networkingv1.NetworkPolicyIngressRuleArgs{
			From: kube.Peers(o.exposedTo(), o.args.Admin.Secret), Ports: kube.TCP(config.APIPort),
		})
	}
	return rules
}

func (o *OpenBao) outOfServers() networkingv1.NetworkPolicyEgressRuleArray {
	servers, addresses := podsLabelled(serverLabels), o.args.Addresses
	return networkingv1.NetworkPolicyEgressRuleArray{
		to(config.ClusterPort, servers),
		to(config.APIPort, servers),
		kube.ToControlPlane(addresses),
		kube.ToMetadata(),
		o.toGoogle(),
	}
}

// toGoogle allows Cloud KMS and Cloud Storage, and every other Google API at the same
// addresses: a NetworkPolicy can't select by name.
func (o *OpenBao) toGoogle() networkingv1.NetworkPolicyEgressRuleArgs {
	return to(httpsPort, kube.Block(o.args.GoogleAPIs))
}

func podsLabelled(labels pulumi.StringMap) networkingv1.NetworkPolicyPeerArgs {
	return networkingv1.NetworkPolicyPeerArgs{PodSelector: metav1.LabelSelectorArgs{MatchLabels: labels}}
}

func from(port int, peers ...networkingv1.NetworkPolicyPeerInput) networkingv1.NetworkPolicyIngressRuleArgs {
	return networkingv1.NetworkPolicyIngressRuleArgs{From: networkingv1.NetworkPolicyPeerArray(peers), Ports: kube.TCP(port)}
}

func to(port int, peers ...networkingv1.NetworkPolicyPeerInput) networkingv1.NetworkPolicyEgressRuleArgs {
	return networkingv1.NetworkPolicyEgressRuleArgs{To: networkingv1.NetworkPolicyPeerArray(peers), Ports: kube.TCP(port)}
}
