package components

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/ci"
	"bastide/components/ci/values"
	"bastide/components/cluster"
	"bastide/components/derive"
	"bastide/components/guardrails"
	"bastide/components/keys"
	"bastide/components/network"
	"bastide/components/openbao"
	"bastide/components/project"
	"bastide/environment"
)

// This file and components/derive, which the policy pack shares, are the only places that
// turn an environment, and the outputs of other components, into a component's arguments.

func keyArgs(e *environment.Environment, projectServices *project.Project) keys.Args {
	return keys.Args{
		Names:          e.Names,
		Location:       e.Location.Region,
		Protected:      e.Protected,
		Labels:         e.Labels,
		Project:        projectServices.With(project.KMS),
		ContainerAgent: projectServices.Agent(project.Container),
		ComputeAgent:   projectServices.Agent(project.Compute),
		RegistryAgent:  projectServices.Agent(project.ArtifactRegistry),
		PubSubAgent:    projectServices.Agent(project.PubSub),
		StorageAgent:   projectServices.Agent(project.Storage),
	}
}

func networkArgs(e *environment.Environment, projectServices *project.Project) network.Args {
	return network.Args{
		Names:      e.Names,
		Region:     e.Location.Region,
		Addresses:  e.Addresses,
		Admin:      e.Admin,
		Protected:  e.Protected,
		Labels:     e.Labels,
		Project:    projectServices.With(project.Compute),
		DNSProject: projectServices.With(project.DNS),
	}
}

func clusterArgs(e *environment.Environment, projectServices *project.Project, kms *keys.Keys, vpc *network.Network) cluster.Args {
	args := cluster.Args{
		Title:    e.Name,
		Names:    e.Names,
		Location: e.Location,
		Labels:   e.Labels,
		Project:  e.Project,
		Projects: cluster.Projects{
			ArtifactRegistry:    projectServices.With(project.ArtifactRegistry),
			BinaryAuthorization: projectServices.With(project.BinaryAuthorization),
			Container:           projectServices.With(project.Container, project.Compute, project.BinaryAuthorization),
			IAM:                 projectServices.With(project.IAM),
			PubSub:              projectServices.With(project.PubSub),
			ResourceManager:     projectServices.With(project.ResourceManager),
		},
		Network:           vpc.ID,
		Subnet:            vpc.Subnet,
		PodRange:          environment.PodRange,
		ServiceRange:      environment.ServiceRange,
		Addresses:         e.Addresses,
		Admin:             e.Admin,
		SecretsKey:        kms.Secrets,
		BootDiskKey:       kms.BootDisks,
		RegistryKey:       kms.Registry,
		BulletinKey:       kms.Bulletins,
		Kubernetes:        e.Kubernetes,
		General:           pool(e.General),
		Images:            e.OtherImages(),
		RBACGroup:         e.RBACGroup,
		SecurityBulletins: e.SecurityBulletins,
		Protected:         e.Protected,
	}
	if e.CI != nil {
		builds := pool(e.CI.Pool)
		args.Builds = &builds
	}
	return args
}

func pool(p environment.Pool) cluster.Pool {
	return cluster.Pool{
		MachineType: p.MachineType,
		MinNodes:    p.MinNodes,
		MaxNodes:    p.MaxNodes,
		DiskGB:      p.DiskGB,
		DiskType:    p.DiskType,
		Spot:        p.Spot,
		Taint:       p.Taint,
		Sandbox:     p.Sandbox,
	}
}

func openbaoArgs(
	e *environment.Environment, projectServices *project.Project, kms *keys.Keys, vpc *network.Network, gke *cluster.Cluster,
) openbao.Args {
	return openbao.Args{
		Title:         e.Name,
		Names:         e.Names,
		Location:      e.Location,
		Labels:        e.Labels,
		Replicas:      e.OpenBao.Replicas,
		Image:         e.OpenBao.Image,
		UploadImage:   e.OpenBao.UploadImage,
		Bootstrap:     e.OpenBao.Bootstrap,
		Expose:        e.OpenBao.Expose,
		Admin:         e.Admin,
		Addresses:     e.Addresses,
		AlertEmail:    e.OpenBao.AlertEmail,
		Protected:     e.Protected,
		Monitoring:    projectServices.With(project.Monitoring),
		Storage:       projectServices.With(project.Storage),
		ProjectNumber: projectServices.Number,
		WorkloadPool:  gke.WorkloadPool,
		UnsealKey:     kms.Unseal,
		BackupsKey:    kms.Backups,
		GoogleAPIs:    vpc.GoogleAPIs,
	}
}

// GuardrailsArgs are the arguments of the guardrails. They are exported for the guardrails'
// own tests.
func GuardrailsArgs(e *environment.Environment, volumesKey pulumi.StringInput) guardrails.Args {
	return guardrails.Args{
		Admission: derive.Admission(e),
		WarnOnly:  e.WarnOnly,
		// Before 1.36 Kubernetes has no mutating admission policies, so people have to
		// set every field that the rules require.
		FillIn:            e.Kubernetes.AtLeast(1, 36),
		Workloads:         e.Namespaces,
		Jobs:              jobNamespaces(e.CI),
		RunnersUseOpenBao: e.CI.Sends(environment.Estafette), // Estafette keeps its keys there
		Addresses:         e.Addresses,
		MaskAdmin:         e.Admin.Secret,
		RBACGroup:         e.RBACGroup,
		VolumeType:        e.VolumeType(),
		VolumesKey:        volumesKey,
		Protected:         e.Protected,
	}
}

func jobNamespaces(c *environment.CI) (all []guardrails.JobNamespace) {
	if c == nil {
		return nil
	}
	for _, namespace := range c.Namespaces {
		jobs := guardrails.JobNamespace{Name: namespace.Name, Size: namespace.Size}
		if slices.Contains(c.SystemsIn(namespace), environment.Estafette) {
			jobs.Release = environment.EstafetteRelease
		}
		all = append(all, jobs)
	}
	return all
}

// ciArgs requires an environment with build jobs: e.CI is not nil.
func ciArgs(e *environment.Environment) ci.Args {
	return ci.Args{
		Values:    values.Settings{CI: *e.CI, OwnImages: e.OwnImages(), OpenBaoImage: e.OpenBao.Image},
		Protected: e.Protected,
	}
}
