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
// privileges in the project and run only images that are allowed.
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

// New makes the cluster.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Cluster, error) {
	c := &Cluster{args: args.complete(), accounts: map[string]account{}}
	s, err := scope.Open(ctx, Type, name, args, c, opts...)
	if err != nil {
		return nil, err
	}
	if err := s.InOrder(
		c.createRegistry, c.allowImages, c.createAccounts, c.createBulletins, c.createControlPlane, c.confineBuilds, c.createPools,
	); err != nil {
		return nil, err
	}
	return c, s.Finish()
}

func (c *Cluster) name(name environment.Name) pulumi.StringInput {
	return pulumi.String(c.args.Names.Of(name))
}

func (c *Cluster) labels() pulumi.StringMap { return pulumi.ToStringMap(c.args.Labels) }
