package kube

import (
	"net/netip"

	networkingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/networking/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/environment"
)

// MetadataServer is the address of the GKE metadata server on a pod's own node, which is
// the same in every cluster. Source: GKE, "Configure network policies", under Dataplane V2.
const MetadataServer = "169.254.169.254/32"

// ToMetadata allows egress to the metadata server.
func ToMetadata() networkingv1.NetworkPolicyEgressRuleArgs {
	return networkingv1.NetworkPolicyEgressRuleArgs{
		To: networkingv1.NetworkPolicyPeerArray{Block(pulumi.String(MetadataServer))}, Ports: TCP(80),
	}
}

// ToControlPlane allows egress to the API server: at its own address, and at that of the
// Service kubernetes, which is the first of the service range.
func ToControlPlane(addresses environment.Addresses) networkingv1.NetworkPolicyEgressRuleArgs {
	return networkingv1.NetworkPolicyEgressRuleArgs{
		To: networkingv1.NetworkPolicyPeerArray{
			Block(pulumi.String(addresses.ControlPlane.String())),
			Block(pulumi.String(addresses.Services.Addr().Next().String() + "/32")),
		},
		Ports: TCP(443),
	}
}

// Peers are the peers of address ranges, masked if the ranges are secret.
func Peers(prefixes []netip.Prefix, secret bool) networkingv1.NetworkPolicyPeerArrayInput {
	all := networkingv1.NetworkPolicyPeerArray{}
	for _, prefix := range prefixes {
		all = append(all, Block(pulumi.String(prefix.String())))
	}
	if secret {
		return pulumi.ToSecret(all).(networkingv1.NetworkPolicyPeerArrayOutput)
	}
	return all
}

// Block is the peer of an address range.
func Block(cidr pulumi.StringInput) networkingv1.NetworkPolicyPeerArgs {
	return networkingv1.NetworkPolicyPeerArgs{IpBlock: networkingv1.IPBlockArgs{Cidr: cidr}}
}

// TCP is a single TCP port.
func TCP(number int) networkingv1.NetworkPolicyPortArray {
	return networkingv1.NetworkPolicyPortArray{Port("TCP", number)}
}

// Port is a port of a protocol.
func Port(protocol string, number int) networkingv1.NetworkPolicyPortArgs {
	return networkingv1.NetworkPolicyPortArgs{Protocol: pulumi.String(protocol), Port: pulumi.Int(number)}
}
