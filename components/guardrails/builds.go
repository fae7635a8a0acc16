package guardrails

import (
	networkingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/networking/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/kube"
	"bastide/components/scope"
	"bastide/environment"
)

// buildPlans are the namespace of what sends jobs, and those of the jobs.
func (a Args) buildPlans() []plan {
	if len(a.Jobs) == 0 {
		return nil
	}
	bounds := a.Admission.Bounds
	system := plan{
		name: environment.CISystemNamespace, owner: environment.Namespace, size: environment.Medium, enforce: restricted, bounds: bounds[environment.CISystemNamespace],
		open: []func(scope.Scope, plan) error{allowNeighbours, a.allowControlPlane, allowInternet},
	}
	if a.JobSendersUseOpenBao {
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
			p.labels, p.annotations = adopted(namespace.Release, environment.CISystemNamespace)
		}
		all = append(all, p)
	}
	return all
}

// adopted is what Helm wants of an object that it finds where its chart makes one:
// Estafette's makes the namespace of its jobs, and no value keeps it from that.
// Source: Helm 3.2, "adopt existing resources".
func adopted(release, namespace string) (labels, annotations map[string]string) {
	return map[string]string{"app.kubernetes.io/managed-by": "Helm"},
		map[string]string{"meta.helm.sh/release-name": release, "meta.helm.sh/release-namespace": namespace}
}

// allowControlPlane reaches the API server.
func (a Args) allowControlPlane(s scope.Scope, p plan) error {
	return networkPolicy(s, p, "allow-control-plane", networkingv1.NetworkPolicySpecArgs{
		PodSelector: everyPod, PolicyTypes: directions("Egress"),
		Egress: networkingv1.NetworkPolicyEgressRuleArray{kube.ToControlPlane(a.Addresses)},
	})
}

// allowInternet reaches everything that is not private: no other pod or node, no
// control plane, nothing behind a peering, and not the metadata server.
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
