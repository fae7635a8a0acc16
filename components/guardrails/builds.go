package guardrails

import (
	networkingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/networking/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/kube"
	"bastide/components/scope"
	"bastide/environment"
)

// buildPlans are the plans of the runners' namespace and of those of the jobs.
func (a Args) buildPlans() []plan {
	if len(a.Jobs) == 0 {
		return nil
	}
	bounds := a.Admission.Bounds
	system := plan{
		name: environment.CISystemNamespace, owner: environment.Namespace, size: environment.Medium, enforce: restricted, bounds: bounds[environment.CISystemNamespace],
		open: []func(scope.Scope, plan) error{allowNeighbours, a.allowControlPlane, allowInternet},
	}
	if a.RunnersUseOpenBao {
		system.openBaoClient = true
		system.open = append(system.open, allowOpenBao)
	}
	all := []plan{system}
	level := baseline
	if a.Admission.Jobs.Privileged {
		level = privileged
	}
	for _, namespace := range a.Jobs {
		p := plan{
			name: namespace.Name, owner: environment.Namespace, size: namespace.Size, enforce: level, bounds: bounds[namespace.Name],
			open: []func(scope.Scope, plan) error{allowInternet},
		}
		if namespace.Release != "" {
			p.labels, p.annotations = adoptedBy(namespace.Release, environment.CISystemNamespace)
		}
		all = append(all, p)
	}
	return all
}

// adoptedBy are the labels and annotations with which a Helm release adopts an object that
// exists already. Estafette's chart creates the namespace of its jobs, and no value turns
// that off. Source: Helm 3.2, "adopt existing resources".
func adoptedBy(release, namespace string) (labels, annotations map[string]string) {
	return map[string]string{"app.kubernetes.io/managed-by": "Helm"},
		map[string]string{"meta.helm.sh/release-name": release, "meta.helm.sh/release-namespace": namespace}
}

// allowControlPlane lets a namespace's pods reach the API server.
func (a Args) allowControlPlane(s scope.Scope, p plan) error {
	return networkPolicy(s, p, "allow-control-plane", networkingv1.NetworkPolicySpecArgs{
		PodSelector: everyPod, PolicyTypes: directions("Egress"),
		Egress: networkingv1.NetworkPolicyEgressRuleArray{kube.ToControlPlane(a.Addresses)},
	})
}

// allowInternet lets a namespace's pods reach all public addresses, and so no other pod or
// node, no control plane, no peered network, and not the metadata server.
func allowInternet(s scope.Scope, p plan) error {
	return networkPolicy(s, p, "allow-internet", networkingv1.NetworkPolicySpecArgs{
		PodSelector: everyPod, PolicyTypes: directions("Egress"),
		Egress: networkingv1.NetworkPolicyEgressRuleArray{networkingv1.NetworkPolicyEgressRuleArgs{
			To: networkingv1.NetworkPolicyPeerArray{networkingv1.NetworkPolicyPeerArgs{IpBlock: networkingv1.IPBlockArgs{
				Cidr:   pulumi.String("0.0.0.0/0"),
				Except: pulumi.ToStringArray(append(environment.PrivateRanges(), environment.LinkLocal.String())),
			}}},
		}},
	})
}
