package components

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi-random/sdk/v4/go/random"
	"github.com/pulumi/pulumi-tls/sdk/v5/go/tls"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/cluster"
	"bastide/environment"
)

// explicitProviders are the providers of Google Cloud, random and tls, which all children
// use. Project, region and zone are set, because the SDK would take an omitted one from
// environment variables such as GOOGLE_ZONE. Credentials are not set, so the provider uses
// the Application Default Credentials of whoever runs the program.
func explicitProviders(ctx *pulumi.Context, e *environment.Environment) (pulumi.ResourceOption, error) {
	cloudProvider, err := gcp.NewProvider(ctx, "google-cloud", &gcp.ProviderArgs{
		Project: pulumi.String(e.Project),
		Region:  pulumi.String(e.Location.Region),
		Zone:    pulumi.String(e.Location.Zone()),
	})
	if err != nil {
		return nil, err
	}
	randomProvider, err := random.NewProvider(ctx, "random", &random.ProviderArgs{})
	if err != nil {
		return nil, err
	}
	tlsProvider, err := tls.NewProvider(ctx, "tls", &tls.ProviderArgs{})
	if err != nil {
		return nil, err
	}
	return pulumi.Providers(cloudProvider, randomProvider, tlsProvider), nil
}

// newClusterProvider is the Kubernetes provider of the new cluster, independent of the
// ambient kubeconfig. It sets every argument that the SDK would otherwise take from an
// environment variable.
func newClusterProvider(ctx *pulumi.Context, gke *cluster.Cluster) (*kubernetes.Provider, error) {
	return kubernetes.NewProvider(ctx, "kubernetes", &kubernetes.ProviderArgs{
		Kubeconfig:             gke.Kubeconfig,
		EnableServerSideApply:  pulumi.Bool(true),
		EnablePatchForce:       pulumi.Bool(false),
		EnableConfigMapMutable: pulumi.Bool(true), // update in place, so that pods never lose what they mount
		EnableSecretMutable:    pulumi.Bool(true),
		DeleteUnreachable:      pulumi.Bool(false),
		SkipUpdateUnreachable:  pulumi.Bool(false),
		UpsertExistingObjects:  pulumi.Bool(false),
	})
}
