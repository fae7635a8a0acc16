package guardrails

import (
	"slices"

	networkingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/networking/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/guardrails/sizes"
	"bastide/components/scope"
	"bastide/environment"
)

// buildPlans are the namespace of the runners, and those of their jobs.
func (g *Guardrails) buildPlans() []plan {
	ci := g.args.Environment.CI
	if ci == nil {
		return nil
	}
	bounds := sizes.Of(g.args.Environment)
	system := plan{
		name: environment.CISystemNamespace, owner: environment.Namespace, size: environment.Medium, enforce: restricted, bounds: bounds[environment.CISystemNamespace],
		open: []func(scope.Scope, plan) error{allowNeighbours, g.allowControlPlane, allowInternet},
	}
	if ci.Sends(environment.Estafette) { // which keeps its keys in OpenBao
		system.openBaoClient = true
		system.open = append(system.open, allowOpenBao)
	}
	all := []plan{system}
	level := baseline
	if ci.Mode == environment.Privileged {
		level = privileged
	}
	for _, namespace := range ci.Namespaces {
		p := plan{
			name: namespace.Name, owner: environment.Namespace, size: namespace.Size, enforce: level, bounds: bounds[namespace.Name],
			open: []func(scope.Scope, plan) error{allowInternet},
		}
		if slices.Contains(ci.SystemsIn(namespace), environment.Estafette) {
			p.labels, p.annotations = adopted(environment.EstafetteRelease, environment.CISystemNamespace)
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

// allowControlPlane reaches the API server by its own address, and by the one that
// pods know it by, which is always the first of the services.
func (g *Guardrails) allowControlPlane(s scope.Scope, p plan) error {
	addresses := g.args.Environment.Addresses
	return networkPolicy(s, p, "allow-control-plane", networkingv1.NetworkPolicySpecArgs{
		PodSelector: everyPod, PolicyTypes: directions("Egress"),
		Egress: networkingv1.NetworkPolicyEgressRuleArray{ToControlPlane(addresses)},
	})
}

// ToControlPlane opens the way to the API server.
func ToControlPlane(addresses environment.Addresses) networkingv1.NetworkPolicyEgressRuleArgs {
	return networkingv1.NetworkPolicyEgressRuleArgs{
		To: networkingv1.NetworkPolicyPeerArray{
			Block(pulumi.String(addresses.ControlPlane.String())),
			Block(pulumi.String(addresses.Services.Addr().Next().String() + "/32")),
		},
		Ports: TCP(443),
	}
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
