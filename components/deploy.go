// Package components is the order of work: the environment is read once, each
// component gets plain settings and the outputs of the one before it, and what
// people need comes out at the end.
package components

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi-random/sdk/v4/go/random"
	"github.com/pulumi/pulumi-tls/sdk/v5/go/tls"
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

	ready, err := project.New(ctx, "project", project.Args{ID: e.Project}, providers)
	if err != nil {
		return err
	}
	locked, err := keys.New(ctx, "keys", keyArgs(e, ready), providers)
	if err != nil {
		return err
	}
	vpc, err := network.New(ctx, "network", networkArgs(e, ready), providers)
	if err != nil {
		return err
	}
	gke, err := cluster.New(ctx, "cluster", clusterArgs(e, ready, locked, vpc), providers)
	if err != nil {
		return err
	}

	store, err := openbao.New(ctx, "openbao", openbaoArgs(e, ready, locked, vpc, gke), providers)
	if err != nil {
		return err
	}
	inside, err := clusterProvider(ctx, gke)
	if err != nil {
		return err
	}
	guarded, err := furnish(ctx, e, inside, locked, store)
	if err != nil {
		return err
	}
	all := []pulumi.Resource{ready, locked, vpc, gke, guarded, store}
	if e.CI != nil {
		builds, err := ci.New(ctx, "ci", ci.Args{Environment: e}, providers, pulumi.Provider(inside), pulumi.DependsOn(guarded.Builds()))
		if err != nil {
			return err
		}
		all = append(all, builds)
		exportCI(ctx, e, builds)
	}
	if err := lock(ctx, e, providers, all...); err != nil {
		return err
	}
	export(ctx, e, vpc, gke, store)
	return nil
}

// exportCI is what people need to install what sends build jobs.
func exportCI(ctx *pulumi.Context, e *environment.Environment, builds *ci.CI) {
	ctx.Export("ciValues", builds.Values)
	if e.CI.Sends(environment.Estafette) {
		ctx.Export("estafetteKeys", builds.EstafetteKeys)
	}
}

// furnish makes what lies inside the cluster: the guardrails first.
func furnish(
	ctx *pulumi.Context, e *environment.Environment, inside *kubernetes.Provider, locked *keys.Keys, store *openbao.OpenBao,
) (*guardrails.Guardrails, error) {
	guarded, err := guardrails.New(ctx, "guardrails", guardrails.Args{
		Environment: e,
		VolumesKey:  locked.Volumes,
	}, pulumi.Provider(inside))
	if err != nil {
		return nil, err
	}
	return guarded, store.Install(openbao.Cluster{
		Provider:     inside,
		StorageClass: guarded.StorageClass,
		Namespace:    guarded.Namespace(environment.OpenBaoNamespace),
		Clients:      guarded.OpenBaoClients(),
	})
}

// export is what people, and other programs, ask the stack for.
func export(ctx *pulumi.Context, e *environment.Environment, vpc *network.Network, gke *cluster.Cluster, store *openbao.OpenBao) {
	ctx.Export("clusterName", gke.Name)
	ctx.Export("clusterLocation", gke.Location)
	ctx.Export("clusterEndpoint", gke.Endpoint)
	ctx.Export("clusterCertificateAuthority", gke.CertificateAuthority)
	ctx.Export("workloadPool", gke.WorkloadPool)
	ctx.Export("egressAddress", vpc.EgressAddress)
	ctx.Export("registry", gke.Registry)
	ctx.Export("kubeconfig", gke.Kubeconfig)
	ctx.Export("openbaoAddress", store.Address)
	ctx.Export("openbaoCertificateAuthority", store.CertificateAuthority)
	ctx.Export("openbaoSnapshots", store.Snapshots)
	if e.OpenBao.Expose {
		ctx.Export("openbaoAdminAddress", store.AdminAddress)
	}
}

// explicitProviders are the only ones that children use. Project, region and
// zone are given, because the SDK would take an absent one from variables such
// as GOOGLE_ZONE. Credentials are not: they are the Application Default
// Credentials of whoever runs this.
func explicitProviders(ctx *pulumi.Context, e *environment.Environment) (pulumi.ResourceOption, error) {
	cloud, err := gcp.NewProvider(ctx, "google-cloud", &gcp.ProviderArgs{
		Project: pulumi.String(e.Project),
		Region:  pulumi.String(e.Location.Region),
		Zone:    pulumi.String(e.Location.Zone()),
	})
	if err != nil {
		return nil, err
	}
	chance, err := random.NewProvider(ctx, "random", &random.ProviderArgs{})
	if err != nil {
		return nil, err
	}
	certificates, err := tls.NewProvider(ctx, "tls", &tls.ProviderArgs{})
	if err != nil {
		return nil, err
	}
	return pulumi.Providers(cloud, chance, certificates), nil
}

// clusterProvider works in the cluster that was just made, whatever the ambient
// kubeconfig says. Each setting that the SDK would otherwise take from an
// environment variable is given.
func clusterProvider(ctx *pulumi.Context, gke *cluster.Cluster) (*kubernetes.Provider, error) {
	return kubernetes.NewProvider(ctx, "kubernetes", &kubernetes.ProviderArgs{
		Kubeconfig:             gke.Kubeconfig,
		EnableServerSideApply:  pulumi.Bool(true),
		EnablePatchForce:       pulumi.Bool(false),
		EnableConfigMapMutable: pulumi.Bool(true), // what pods mount never goes from under them
		EnableSecretMutable:    pulumi.Bool(true),
		DeleteUnreachable:      pulumi.Bool(false),
		SkipUpdateUnreachable:  pulumi.Bool(false),
		UpsertExistingObjects:  pulumi.Bool(false),
	})
}

// lock makes a resource that depends on all others, and is therefore the first
// that a destroy has to delete. Where the environment is protected it can't be,
// so that a destroy ends before anything is gone; without it, the node pools
// would be deleted before the cluster refuses.
func lock(ctx *pulumi.Context, e *environment.Environment, providers pulumi.ResourceOption, all ...pulumi.Resource) error {
	_, err := random.NewRandomString(ctx, "destroy-lock", &random.RandomStringArgs{
		Length: pulumi.Int(1),
	}, providers, pulumi.DependsOn(all), pulumi.Protect(e.Protected))
	return err
}

func keyArgs(e *environment.Environment, ready *project.Project) keys.Args {
	return keys.Args{
		Ring:           e.Names.Of(environment.KeyRing),
		SuffixLength:   environment.SuffixLength,
		Location:       e.Location.Region,
		Protected:      e.Protected,
		Labels:         e.Labels,
		Project:        ready.With(project.KMS),
		ContainerAgent: ready.Agent(project.Container),
		ComputeAgent:   ready.Agent(project.Compute),
		RegistryAgent:  ready.Agent(project.ArtifactRegistry),
		PubSubAgent:    ready.Agent(project.PubSub),
		StorageAgent:   ready.Agent(project.Storage),
	}
}

func networkArgs(e *environment.Environment, ready *project.Project) network.Args {
	return network.Args{
		Names:      e.Names,
		Region:     e.Location.Region,
		Addresses:  e.Addresses,
		Admin:      e.Admin,
		Protected:  e.Protected,
		Labels:     e.Labels,
		Project:    ready.With(project.Compute),
		DNSProject: ready.With(project.DNS),
	}
}

func clusterArgs(e *environment.Environment, ready *project.Project, locked *keys.Keys, vpc *network.Network) cluster.Args {
	return cluster.Args{
		Environment: e,
		Projects: cluster.Projects{
			ArtifactRegistry:    ready.With(project.ArtifactRegistry),
			BinaryAuthorization: ready.With(project.BinaryAuthorization),
			Container:           ready.With(project.Container, project.Compute, project.BinaryAuthorization),
			IAM:                 ready.With(project.IAM),
			PubSub:              ready.With(project.PubSub),
			ResourceManager:     ready.With(project.ResourceManager),
		},
		Network:      vpc.ID,
		Subnet:       vpc.Subnet,
		PodRange:     environment.PodRange,
		ServiceRange: environment.ServiceRange,
		SecretsKey:   locked.Secrets,
		BootDiskKey:  locked.BootDisks,
		RegistryKey:  locked.Registry,
		BulletinKey:  locked.Bulletins,
	}
}

func openbaoArgs(e *environment.Environment, ready *project.Project, locked *keys.Keys, vpc *network.Network, gke *cluster.Cluster) openbao.Args {
	return openbao.Args{
		Environment:   e,
		Monitoring:    ready.With(project.Monitoring),
		Storage:       ready.With(project.Storage),
		ProjectNumber: ready.Number,
		WorkloadPool:  gke.WorkloadPool,
		UnsealKey:     locked.Unseal,
		BackupsKey:    locked.Backups,
		GoogleAPIs:    vpc.GoogleAPIs,
	}
}
