// Package components is the Pulumi program: it loads the environment, creates each
// component with its own arguments (arguments.go) and the outputs of those before it, and
// exports the stack's outputs. No component depends on the environment.
package components

import (
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi-random/sdk/v4/go/random"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/ci"
	"bastide/components/cluster"
	"bastide/components/guardrails"
	"bastide/components/keys"
	"bastide/components/network"
	"bastide/components/openbao"
	"bastide/components/project"
	"bastide/environment"
)

// Deploy is the program.
func Deploy(ctx *pulumi.Context) error {
	e, err := environment.Load(settings{ctx})
	if err != nil {
		return err
	}
	providers, err := explicitProviders(ctx, e)
	if err != nil {
		return err
	}

	projectServices, err := project.New(ctx, "project", project.Args{ID: e.Project}, providers)
	if err != nil {
		return err
	}
	kms, err := keys.New(ctx, "keys", keyArgs(e, projectServices), providers)
	if err != nil {
		return err
	}
	vpc, err := network.New(ctx, "network", networkArgs(e, projectServices), providers)
	if err != nil {
		return err
	}
	gke, err := cluster.New(ctx, "cluster", clusterArgs(e, projectServices, kms, vpc), providers)
	if err != nil {
		return err
	}

	secretStore, err := openbao.New(ctx, "openbao", openbaoArgs(e, projectServices, kms, vpc, gke), providers)
	if err != nil {
		return err
	}
	clusterProvider, err := newClusterProvider(ctx, gke)
	if err != nil {
		return err
	}
	rails, err := deployInCluster(ctx, e, clusterProvider, kms, secretStore)
	if err != nil {
		return err
	}
	all := []pulumi.Resource{projectServices, kms, vpc, gke, rails, secretStore}
	if e.CI != nil {
		builds, err := ci.New(ctx, "ci", ciArgs(e), providers, pulumi.Provider(clusterProvider), pulumi.DependsOn(rails.Builds()))
		if err != nil {
			return err
		}
		all = append(all, builds)
		exportCI(ctx, e, builds)
	}
	if err := lock(ctx, e, providers, all...); err != nil {
		return err
	}
	export(ctx, e, vpc, gke, secretStore)
	return nil
}

// deployInCluster creates the resources in the cluster: the guardrails first, then OpenBao.
func deployInCluster(
	ctx *pulumi.Context, e *environment.Environment, clusterProvider *kubernetes.Provider, kms *keys.Keys, secretStore *openbao.OpenBao,
) (*guardrails.Guardrails, error) {
	rails, err := guardrails.New(ctx, "guardrails", GuardrailsArgs(e, kms.Volumes), pulumi.Provider(clusterProvider))
	if err != nil {
		return nil, err
	}
	return rails, secretStore.Install(openbao.Cluster{
		Provider:     clusterProvider,
		StorageClass: rails.StorageClass,
		Namespace:    rails.Namespace(environment.OpenBaoNamespace),
		Clients:      rails.OpenBaoClients(),
	})
}

// lock creates a resource that depends on all others, so that a destroy has to delete it
// first. In a protected environment it is protected, so that a destroy fails before
// anything is deleted. Without it, the node pools would be gone before the cluster's
// protection stops the destroy.
func lock(ctx *pulumi.Context, e *environment.Environment, providers pulumi.ResourceOption, all ...pulumi.Resource) error {
	_, err := random.NewRandomString(ctx, "destroy-lock", &random.RandomStringArgs{
		Length: pulumi.Int(1),
	}, providers, pulumi.DependsOn(all), pulumi.Protect(e.Protected))
	return err
}

// export sets the stack's outputs, for people and other programs.
func export(ctx *pulumi.Context, e *environment.Environment, vpc *network.Network, gke *cluster.Cluster, secretStore *openbao.OpenBao) {
	ctx.Export("clusterName", gke.Name)
	ctx.Export("clusterLocation", gke.Location)
	ctx.Export("clusterEndpoint", gke.Endpoint)
	ctx.Export("clusterCertificateAuthority", gke.CertificateAuthority)
	ctx.Export("workloadPool", gke.WorkloadPool)
	ctx.Export("egressAddress", vpc.EgressAddress)
	ctx.Export("registry", gke.Registry)
	ctx.Export("kubeconfig", gke.Kubeconfig)
	ctx.Export("openbaoAddress", secretStore.Address)
	ctx.Export("openbaoCertificateAuthority", secretStore.CertificateAuthority)
	ctx.Export("openbaoSnapshots", secretStore.Snapshots)
	if e.OpenBao.Expose {
		ctx.Export("openbaoAdminAddress", secretStore.AdminAddress)
	}
}

// exportCI sets the outputs that people need to install the systems that send build jobs.
func exportCI(ctx *pulumi.Context, e *environment.Environment, builds *ci.CI) {
	ctx.Export("ciValues", builds.Values)
	if e.CI.Sends(environment.Estafette) {
		ctx.Export("estafetteKeys", builds.EstafetteKeys)
	}
}
