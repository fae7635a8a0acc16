// Package cluster makes the GKE cluster: control plane, node pools, the
// registry that images come from, and the rule that they come from nowhere else.
package cluster

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/artifactregistry"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/binaryauthorization"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/container"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/pubsub"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/scope"
	"bastide/environment"
)

// Type is the component's type token.
const Type = "bastide:components:Cluster"

// Cluster guarantees a private, encrypted, logged control plane that only the
// admin ranges reach, and nodes that boot only signed software, hold no
// privileges in the project and run only images that the environment trusts.
// What runs inside the cluster is left to others.
type Cluster struct {
	pulumi.ResourceState

	// Name is the cluster's name.
	Name pulumi.StringOutput `pulumi:"name"`
	// Location is its zone or region.
	Location pulumi.StringOutput `pulumi:"location"`
	// Endpoint is the control plane's address.
	Endpoint pulumi.StringOutput `pulumi:"endpoint"`
	// CertificateAuthority is the control plane's CA certificate, base64 of PEM.
	CertificateAuthority pulumi.StringOutput `pulumi:"certificateAuthority"`
	// WorkloadPool is the namespace of workload identities, which comes with the
	// cluster.
	WorkloadPool pulumi.StringOutput `pulumi:"workloadPool"`
	// Registry is the address that images are pushed to and pulled from.
	Registry pulumi.StringOutput `pulumi:"registry"`
	// Kubeconfig reaches the cluster through gke-gcloud-auth-plugin. It holds
	// no credential.
	Kubeconfig pulumi.StringOutput `pulumi:"kubeconfig"`

	args       Args
	registry   *artifactregistry.Repository
	policy     *binaryauthorization.Policy
	bulletins  *pubsub.Topic
	accounts   map[string]account // by pool
	controller *container.Cluster
}

// Args is what a Cluster is made from.
type Args struct {
	// Environment holds the settings; the component reads no configuration.
	Environment *environment.Environment

	// Projects are the project's id, each once the APIs in question are enabled.
	Projects Projects
	// Network and Subnet are ids. The ranges are the names of the subnet's
	// secondary ranges.
	Network, Subnet        pulumi.StringInput
	PodRange, ServiceRange string
	// The keys' ids, each once its service agent has been granted it.
	SecretsKey, BootDiskKey, RegistryKey, BulletinKey pulumi.StringInput
}

// Projects is the project's id as a promise that APIs are enabled.
type Projects struct {
	ArtifactRegistry, BinaryAuthorization, Container, IAM, PubSub, ResourceManager pulumi.StringInput
}

func (a Args) settings() pulumi.Map {
	e := a.Environment
	return pulumi.Map{
		"location":           pulumi.String(e.Location.Cluster()),
		"releaseChannel":     pulumi.String(e.Kubernetes.Channel),
		"kubernetesVersion":  pulumi.String(e.Kubernetes.Version),
		"privateEndpoint":    pulumi.Bool(e.Admin.PrivateEndpoint),
		"deletionProtection": pulumi.Bool(e.Protected),
		"buildPool":          pulumi.Bool(e.CI != nil),
	}
}

// pools lists the node pools of the environment.
func (a Args) pools() []environment.Pool {
	pools := []environment.Pool{a.Environment.General}
	if a.Environment.CI != nil {
		pools = append(pools, a.Environment.CI.Pool)
	}
	return pools
}

// New makes the cluster.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Cluster, error) {
	c := &Cluster{args: args, accounts: map[string]account{}}
	s, err := scope.Open(ctx, Type, name, args.settings(), c, opts...)
	if err != nil {
		return nil, err
	}
	for _, step := range []func(scope.Scope) error{
		c.createRegistry,
		c.trustImages,
		c.createAccounts,
		c.createBulletins,
		c.createControlPlane,
		c.confineBuilds,
		c.createPools,
	} {
		if err := step(s); err != nil {
			return nil, err
		}
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{
		"name":                 c.Name,
		"location":             c.Location,
		"endpoint":             c.Endpoint,
		"certificateAuthority": c.CertificateAuthority,
		"workloadPool":         c.WorkloadPool,
		"registry":             c.Registry,
		"kubeconfig":           c.Kubeconfig,
	})
}

func (c *Cluster) name(name environment.Name) pulumi.StringInput {
	return pulumi.String(c.args.Environment.Names.Of(name))
}

func (c *Cluster) labels() pulumi.StringMap { return pulumi.ToStringMap(c.args.Environment.Labels) }
