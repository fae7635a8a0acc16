package cluster

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/compute"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/scope"
	"bastide/environment"
)

// Lower numbers go first. GKE's own rules are about what comes in.
const (
	buildAllowPriority = 900
	buildDenyPriority  = 910
)

// confineBuilds keeps what runs on build nodes away from every private range,
// but for what a node has to reach: the control plane, and DNS. Source: GKE,
// "Automatically created firewall rules", 2025-09-04. A job that takes
// its node over passes by NetworkPolicies, and this it does not. No firewall
// closes the metadata server: GKE's own answers there, to pods that can't have
// the host's network.
func (c *Cluster) confineBuilds(s scope.Scope) error {
	if c.args.Builds == nil {
		return nil
	}
	addresses, account := c.args.Addresses, c.accounts[environment.Build]
	confined := []pulumi.CustomResource{}
	for _, way := range []struct {
		role string
		name environment.Name
		to   []string
		open compute.FirewallAllowArray
	}{
		{"ci-control-plane", environment.BuildControl, []string{addresses.ControlPlane.String()}, compute.FirewallAllowArray{open("tcp", environment.ControlPlanePorts...)}},
		{"ci-dns", environment.BuildDNS, []string{addresses.Pods.String()}, compute.FirewallAllowArray{open("udp", "53"), open("tcp", "53")}},
		{"ci-deny-egress", environment.BuildDeny, environment.PrivateRanges(), nil},
	} {
		args := &compute.FirewallArgs{
			Project:               c.args.Projects.Container,
			Name:                  c.name(way.name).ToStringOutput(),
			Network:               c.args.Network.ToStringOutput(),
			Direction:             pulumi.String("EGRESS"),
			Priority:              pulumi.Int(buildAllowPriority),
			DestinationRanges:     pulumi.ToStringArray(way.to),
			TargetServiceAccounts: pulumi.StringArray{account.logging},
			Allows:                way.open,
			LogConfig:             compute.FirewallLogConfigArgs{Metadata: pulumi.String("INCLUDE_ALL_METADATA")},
		}
		if way.open == nil {
			args.Priority = pulumi.Int(buildDenyPriority)
			args.Denies = compute.FirewallDenyArray{compute.FirewallDenyArgs{Protocol: pulumi.String("all")}}
		}
		made, err := compute.NewFirewall(s.Context(), s.Name(way.role), args, s.Child()...)
		if err != nil {
			return err
		}
		confined = append(confined, made)
	}
	// No node before its limits.
	account.pulling = scope.After(account.pulling, confined...)
	c.accounts[environment.Build] = account
	return nil
}

func open(protocol string, ports ...string) compute.FirewallAllowArgs {
	return compute.FirewallAllowArgs{Protocol: pulumi.String(protocol), Ports: pulumi.ToStringArray(ports)}
}
