// Package cluster creates the GKE cluster: control plane, node pools, image registry, and
// the Binary Authorization policy that limits which images run.
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

// Cluster guarantees a logged control plane with encrypted Secrets that only the admin
// ranges can reach, and private nodes with Secure Boot, a least-privilege service account,
// and only allowed images. It creates nothing inside the cluster.
type Cluster struct {
	pulumi.ResourceState

	// Name is the cluster's name.
	Name pulumi.StringOutput `pulumi:"name"`
	// Location is its zone or region.
	Location pulumi.StringOutput `pulumi:"location"`
	// Endpoint is the control plane's address.
	Endpoint pulumi.StringOutput `pulumi:"endpoint"`
	// CertificateAuthority is the control plane's CA certificate, base64-encoded PEM.
	CertificateAuthority pulumi.StringOutput `pulumi:"certificateAuthority"`
	// WorkloadPool is the workload identity pool, known once the cluster exists.
	WorkloadPool pulumi.StringOutput `pulumi:"workloadPool"`
	// Registry is the address of the image registry.
	Registry pulumi.StringOutput `pulumi:"registry"`
	// Kubeconfig authenticates with gke-gcloud-auth-plugin and contains no credentials.
	Kubeconfig pulumi.StringOutput `pulumi:"kubeconfig"`

	args         Args
	registry     *artifactregistry.Repository
	policy       *binaryauthorization.Policy
	bulletins    *pubsub.Topic
	accounts     map[string]account // by role of the node pool
	controlPlane *container.Cluster
}

// New creates the cluster.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Cluster, error) {
	c := &Cluster{args: args.withDefaults(), accounts: map[string]account{}}
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
