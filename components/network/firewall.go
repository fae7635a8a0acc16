package network

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/compute"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/arguments"
	"bastide/components/scope"
	"bastide/environment"
)

// GKE's own rules have priority 1000 (some 999), so they win over denyPriority, and nothing
// here overrides them. Google's implied rules have priority 65535 and log nothing.
const (
	denyPriority  = 65534
	adminPriority = 1000
)

// denyIngress repeats Google's implied rule, so that denials are logged. CIS GKE 5.6.6.
func (n *Network) denyIngress(s scope.Scope) error {
	_, err := compute.NewFirewall(s.Context(), s.Name("deny-ingress"), &compute.FirewallArgs{
		Project:      n.args.Project,
		Name:         n.name(environment.DenyIngress),
		Network:      n.vpc.ID(),
		Direction:    pulumi.String("INGRESS"),
		Priority:     pulumi.Int(denyPriority),
		SourceRanges: pulumi.StringArray{pulumi.String("0.0.0.0/0")},
		Denies:       compute.FirewallDenyArray{compute.FirewallDenyArgs{Protocol: pulumi.String("all")}},
		LogConfig:    logged(),
	}, s.Child()...)
	return err
}

// admitAdmins allows SSH to the nodes from the admin ranges only. Nodes have no public
// addresses, so administrators connect through a VPN or interconnect.
func (n *Network) admitAdmins(s scope.Scope) error {
	_, err := compute.NewFirewall(s.Context(), s.Name("admin-ssh"), &compute.FirewallArgs{
		Project:      n.args.Project,
		Name:         n.name(environment.AdminSSH),
		Network:      n.vpc.ID(),
		Direction:    pulumi.String("INGRESS"),
		Priority:     pulumi.Int(adminPriority),
		SourceRanges: arguments.CIDRs(n.args.Admin.All(), n.args.Admin.Secret),
		TargetTags:   pulumi.StringArray{pulumi.String(n.args.Names.Of(environment.NodeTag))},
		Allows: compute.FirewallAllowArray{compute.FirewallAllowArgs{
			Protocol: pulumi.String("tcp"),
			Ports:    pulumi.StringArray{pulumi.String("22")},
		}},
		LogConfig: logged(),
	}, s.Child()...)
	return err
}

func logged() compute.FirewallLogConfigPtrInput {
	return compute.FirewallLogConfigArgs{Metadata: pulumi.String("INCLUDE_ALL_METADATA")}
}
