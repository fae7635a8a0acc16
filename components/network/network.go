// Package network creates the VPC: private, logged, and closed to everyone but the
// administrators.
package network

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/compute"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/arguments"
	"bastide/components/scope"
	"bastide/environment"
)

// Type is the component's type token.
const Type = "bastide:components:Network"

// Network guarantees that the only ingress is SSH from the admin ranges, that all egress
// to the internet comes from one known address, that Google's APIs are reached within
// Google's network, and that flows, denied connections and address translations are
// logged. GKE itself maintains the rules for traffic from the control plane to nodes,
// between nodes, and from load balancers.
type Network struct {
	pulumi.ResourceState

	// ID is the VPC's ID.
	ID pulumi.StringOutput `pulumi:"id"`
	// Subnet is the ID of the subnet of nodes, pods and services.
	Subnet pulumi.StringOutput `pulumi:"subnet"`
	// EgressAddress is the public IPv4 address that all egress comes from.
	EgressAddress pulumi.StringOutput `pulumi:"egressAddress"`
	// GoogleAPIs is the address range to which *.googleapis.com resolves in the VPC, known
	// once it does.
	GoogleAPIs pulumi.StringOutput `pulumi:"googleApis"`

	args   Args
	vpc    *compute.Network
	subnet *compute.Subnetwork
}

// Args are the arguments of a Network. Fields without a default are required.
type Args struct {
	// Names give the VPC and its resources their names. They also give the network tag
	// of nodes, to which the firewall rule for SSH applies; use the same Names for the
	// cluster.
	Names environment.Names
	// Region is the region of the subnet, the router and the egress address, such as
	// europe-west1.
	Region string
	// Addresses is the address plan, with the subnet's ranges.
	Addresses environment.Addresses
	// Admin are the ranges from which SSH is allowed.
	Admin environment.Admin
	// Protected makes Pulumi refuse to delete or replace the cluster's subnet. Default:
	// false.
	Protected bool
	// Labels are set on the resources that support labels: the egress address and the DNS
	// zone. Default: none.
	Labels map[string]string

	// Project is the project's ID, known once its Compute Engine API is enabled.
	// DNSProject is the same ID, known once its Cloud DNS API is enabled.
	Project, DNSProject pulumi.StringInput
}

// Check implements scope.Args.
func (a Args) Check(c *arguments.Check) {
	c.Names(a.Names)
	c.Text("Region", a.Region, `"europe-west1"`)
	c.Addresses(a.Addresses)
	c.Admin(a.Admin)
	c.Input("Project", a.Project, "projectServices.With(project.Compute)")
	c.Input("DNSProject", a.DNSProject, "projectServices.With(project.DNS)")
}

// Settings implements scope.Args.
func (a Args) Settings() pulumi.Map {
	return pulumi.Map{
		"region":      pulumi.String(a.Region),
		"networkCidr": pulumi.String(a.Addresses.Block.String()),
		"adminCidrs":  arguments.CIDRs(a.Admin.All(), a.Admin.Secret),
		"protected":   pulumi.Bool(a.Protected),
	}
}

// New creates the network.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Network, error) {
	n := &Network{args: args}
	s, err := scope.Open(ctx, Type, name, args, n, opts...)
	if err != nil {
		return nil, err
	}
	if err := s.InOrder(n.createVPC, n.createSubnet, n.createEgress, n.denyIngress, n.admitAdmins, n.answerGoogleAPIs); err != nil {
		return nil, err
	}
	return n, s.Finish()
}

func (n *Network) name(name environment.Name) pulumi.StringPtrInput {
	return pulumi.String(n.args.Names.Of(name))
}

func (n *Network) createVPC(s scope.Scope) error {
	vpc, err := compute.NewNetwork(s.Context(), s.Name("vpc"), &compute.NetworkArgs{
		Project:               n.args.Project,
		Name:                  n.name(environment.Network),
		AutoCreateSubnetworks: pulumi.Bool(false),
		RoutingMode:           pulumi.String("REGIONAL"),
	}, s.Child()...)
	if err != nil {
		return err
	}
	n.vpc, n.ID = vpc, vpc.ID().ToStringOutput()
	return nil
}

func (n *Network) createSubnet(s scope.Scope) error {
	addresses := n.args.Addresses
	subnet, err := compute.NewSubnetwork(s.Context(), s.Name("subnet"), &compute.SubnetworkArgs{
		Project:     n.args.Project,
		Name:        n.name(environment.Subnet),
		Region:      pulumi.String(n.args.Region),
		Network:     n.vpc.ID(),
		StackType:   pulumi.String("IPV4_ONLY"),
		IpCidrRange: pulumi.String(addresses.Nodes.String()),
		SecondaryIpRanges: compute.SubnetworkSecondaryIpRangeArray{
			compute.SubnetworkSecondaryIpRangeArgs{
				RangeName:   pulumi.String(environment.PodRange),
				IpCidrRange: pulumi.String(addresses.Pods.String()),
			},
			compute.SubnetworkSecondaryIpRangeArgs{
				RangeName:   pulumi.String(environment.ServiceRange),
				IpCidrRange: pulumi.String(addresses.Services.String()),
			},
		},
		PrivateIpGoogleAccess: pulumi.Bool(true), // lets nodes without public addresses reach Google's APIs
		LogConfig: compute.SubnetworkLogConfigArgs{ // CIS GKE 5.6.1
			AggregationInterval: pulumi.String("INTERVAL_1_MIN"),
			FlowSampling:        pulumi.Float64(0.5),
			Metadata:            pulumi.String("INCLUDE_ALL_METADATA"),
		},
	}, s.Child(pulumi.Protect(n.args.Protected))...)
	if err != nil {
		return err
	}
	n.subnet, n.Subnet = subnet, subnet.ID().ToStringOutput()
	return nil
}

// createEgress gives nodes and pods internet access through one reserved address, which
// partners can put on their allowlists.
func (n *Network) createEgress(s scope.Scope) error {
	address, err := compute.NewAddress(s.Context(), s.Name("egress"), &compute.AddressArgs{
		Project:     n.args.Project,
		Name:        n.name(environment.EgressAddress),
		Region:      pulumi.String(n.args.Region),
		AddressType: pulumi.String("EXTERNAL"),
		Labels:      pulumi.ToStringMap(n.args.Labels),
	}, s.Child()...)
	if err != nil {
		return err
	}
	router, err := compute.NewRouter(s.Context(), s.Name("router"), &compute.RouterArgs{
		Project: n.args.Project,
		Name:    n.name(environment.Router),
		Region:  pulumi.String(n.args.Region),
		Network: n.vpc.ID(),
	}, s.Child()...)
	if err != nil {
		return err
	}
	_, err = compute.NewRouterNat(s.Context(), s.Name("nat"), &compute.RouterNatArgs{
		Project:                       n.args.Project,
		Name:                          n.name(environment.NAT),
		Region:                        pulumi.String(n.args.Region),
		Router:                        router.Name,
		NatIpAllocateOption:           pulumi.String("MANUAL_ONLY"),
		NatIps:                        pulumi.StringArray{address.SelfLink},
		SourceSubnetworkIpRangesToNat: pulumi.String("LIST_OF_SUBNETWORKS"),
		Subnetworks: compute.RouterNatSubnetworkArray{compute.RouterNatSubnetworkArgs{
			Name:                 n.subnet.ID(),
			SourceIpRangesToNats: pulumi.StringArray{pulumi.String("ALL_IP_RANGES")},
		}},
		EnableDynamicPortAllocation: pulumi.Bool(true),
		// Has to be set, since the API refuses it together with dynamic port allocation
		// and its default may be true. Source: compute.RouterNat in the SDK;
		// terraform-google-cloud-nat issue 112.
		EnableEndpointIndependentMapping: pulumi.Bool(false),
		MinPortsPerVm:                    pulumi.Int(64),
		MaxPortsPerVm:                    pulumi.Int(4096),
		LogConfig: compute.RouterNatLogConfigArgs{
			Enable: pulumi.Bool(true),
			Filter: pulumi.String("ALL"),
		},
	}, s.Child()...)
	n.EgressAddress = address.Address
	return err
}
