package cluster

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/compute"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/scope"
	"bastide/environment"
)

// Lower numbers take precedence. GKE's own firewall rules concern ingress only.
const (
	buildAllowPriority = 900
	buildDenyPriority  = 910
)

// confineBuilds denies build nodes egress to all private ranges except what nodes need: the
// control plane and DNS. Source: GKE, "Automatically created firewall rules", 2025-09-04. A
// job that takes over its node bypasses NetworkPolicies, but not these rules. Firewall rules
// can't block the metadata server; there, GKE's own metadata server protects the node's
// credentials from pods without host network.
func (c *Cluster) confineBuilds(s scope.Scope) error {
	if c.args.Builds == nil {
		return nil
	}
	addresses, account := c.args.Addresses, c.accounts[environment.Build]
	rules := []pulumi.CustomResource{}
	for _, rule := range []struct {
		role         string
		name         environment.Name
		destinations []string
		allowed      compute.FirewallAllowArray // nil to deny everything
	}{
		{"ci-control-plane", environment.BuildControl, []string{addresses.ControlPlane.String()}, compute.FirewallAllowArray{allow("tcp", environment.ControlPlanePorts...)}},
		{"ci-dns", environment.BuildDNS, []string{addresses.Pods.String()}, compute.FirewallAllowArray{allow("udp", "53"), allow("tcp", "53")}},
		{"ci-deny-egress", environment.BuildDeny, environment.PrivateRanges(), nil},
	} {
		args := &compute.FirewallArgs{
			Project:               c.args.Projects.Container,
			Name:                  c.name(rule.name).ToStringOutput(),
			Network:               c.args.Network.ToStringOutput(),
			Direction:             pulumi.String("EGRESS"),
			Priority:              pulumi.Int(buildAllowPriority),
			DestinationRanges:     pulumi.ToStringArray(rule.destinations),
			TargetServiceAccounts: pulumi.StringArray{account.withNodeRole},
			Allows:                rule.allowed,
			LogConfig:             compute.FirewallLogConfigArgs{Metadata: pulumi.String("INCLUDE_ALL_METADATA")},
		}
		if rule.allowed == nil {
			args.Priority = pulumi.Int(buildDenyPriority)
			args.Denies = compute.FirewallDenyArray{compute.FirewallDenyArgs{Protocol: pulumi.String("all")}}
		}
		firewall, err := compute.NewFirewall(s.Context(), s.Name(rule.role), args, s.Child()...)
		if err != nil {
			return err
		}
		rules = append(rules, firewall)
	}
	// The node pool waits for the rules.
	account.withRegistry = scope.After(account.withRegistry, rules...)
	c.accounts[environment.Build] = account
	return nil
}

func allow(protocol string, ports ...string) compute.FirewallAllowArgs {
	return compute.FirewallAllowArgs{Protocol: pulumi.String(protocol), Ports: pulumi.ToStringArray(ports)}
}
