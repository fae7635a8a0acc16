package rehearsal

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"

	"bastide/environment/stackfile"
	"bastide/internal/rehearsal/network"
	"bastide/internal/rehearsal/report"
	"bastide/internal/rehearsal/report/page"
	"bastide/policies/controls"
	"bastide/policies/controls/token"
)

// writePage writes the HTML report.
func (r *run) writePage(ctx context.Context, deployment *apitype.DeploymentV3, inventory report.Inventory, timeline report.Timeline) error {
	matrix, err := r.matrix(ctx, inventory)
	if err != nil {
		return err
	}
	file, err := stackfile.Read(r.folder, r.Environment)
	if err != nil {
		return err
	}
	settings, err := file.LoadWithPlaceholders(r.Root, r.Environment)
	if err != nil {
		return err
	}
	policies := slices.Clone(r.policies)
	slices.Sort(policies)
	text, err := page.Report{
		Environment: r.Environment, Deployment: deployment, Timeline: timeline,
		Findings: controls.Evaluate(controls.Evidence{Resources: inventory.Evidence(), Off: settings.TurnedOff(), Chosen: settings.Chosen()}),
		Network:  matrix, Policies: policies, Later: r.later,
	}.HTML()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(r.Dir, pageFile), text, 0o600); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// matrix evaluates the cluster's NetworkPolicies: which workload may connect to which.
func (r *run) matrix(ctx context.Context, inventory report.Inventory) (m network.Matrix, err error) {
	cluster, err := r.simulation.Cluster.Client()
	if err != nil {
		return m, fmt.Errorf("talking to the API server: %w", err)
	}
	var policies networkingv1.NetworkPolicyList
	if err := cluster.List(ctx, &policies); err != nil {
		return m, fmt.Errorf("reading the network policies: %w", err)
	}
	var all corev1.NamespaceList
	if err := cluster.List(ctx, &all); err != nil {
		return m, fmt.Errorf("reading the namespaces: %w", err)
	}
	hasPolicies := map[string]bool{}
	for _, policy := range policies.Items {
		hasPolicies[policy.Namespace] = true
	}
	namespaces := map[string]labels.Set{}
	for _, namespace := range all.Items {
		if hasPolicies[namespace.Name] {
			namespaces[namespace.Name] = namespace.Labels
		}
	}
	return network.Survey(policies.Items, namespaces, network.OutsideEndpoints(administrator(policies.Items), controlPlane(inventory))), nil
}

// administrator is the first address that some ingress rule allows, if there is one.
func administrator(policies []networkingv1.NetworkPolicy) netip.Addr {
	for _, policy := range policies {
		for _, rule := range policy.Spec.Ingress {
			for _, peer := range rule.From {
				if peer.IPBlock == nil {
					continue
				}
				if block, err := netip.ParsePrefix(peer.IPBlock.CIDR); err == nil {
					return block.Addr()
				}
			}
		}
	}
	return netip.Addr{}
}

// controlPlane is the address that GKE gives the API server.
func controlPlane(inventory report.Inventory) netip.Addr {
	for _, resource := range inventory.Resources {
		settings, _ := resource.Inputs["privateClusterConfig"].(map[string]any)
		text, _ := settings["masterIpv4CidrBlock"].(string)
		if block, err := netip.ParsePrefix(text); err == nil && resource.Type == token.Cluster {
			return block.Addr().Next().Next()
		}
	}
	return netip.Addr{}
}
