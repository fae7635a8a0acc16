package kube

import (
	"net/netip"

	networkingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/networking/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/environment"
)

// MetadataServer is the address at which a pod finds it on its own node, whatever the
// cluster. Source: GKE, "Configure network policies", under Dataplane V2.
const MetadataServer = "169.254.169.254/32"

// ToMetadata opens the way to the metadata server.
func ToMetadata() networkingv1.NetworkPolicyEgressRuleArgs {
	return networkingv1.NetworkPolicyEgressRuleArgs{
		To: networkingv1.NetworkPolicyPeerArray{Block(pulumi.String(MetadataServer))}, Ports: TCP(80),
	}
}

// ToControlPlane opens the way to the API server: by its own address, and by the one
// that pods know it by, which is always the first of the services.
func ToControlPlane(addresses environment.Addresses) networkingv1.NetworkPolicyEgressRuleArgs {
	return networkingv1.NetworkPolicyEgressRuleArgs{
		To: networkingv1.NetworkPolicyPeerArray{
			Block(pulumi.String(addresses.ControlPlane.String())),
			Block(pulumi.String(addresses.Services.Addr().Next().String() + "/32")),
		},
		Ports: TCP(443),
	}
}

// Peers makes peers of ranges, masked if they are a secret.
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

// Block makes a peer of a range of addresses.
func Block(cidr pulumi.StringInput) networkingv1.NetworkPolicyPeerArgs {
	return networkingv1.NetworkPolicyPeerArgs{IpBlock: networkingv1.IPBlockArgs{Cidr: cidr}}
}

// TCP is one port.
func TCP(number int) networkingv1.NetworkPolicyPortArray {
	return networkingv1.NetworkPolicyPortArray{Port("TCP", number)}
}

// Port is a port of a protocol.
func Port(protocol string, number int) networkingv1.NetworkPolicyPortArgs {
	return networkingv1.NetworkPolicyPortArgs{Protocol: pulumi.String(protocol), Port: pulumi.Int(number)}
}
