package openbao

import (
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// podSecurity is the security context of a pod that meets the restricted Pod Security
// Standard, and whose group can write to volumes.
func podSecurity(user, group int) corev1.PodSecurityContextArgs {
	return corev1.PodSecurityContextArgs{
		RunAsNonRoot: pulumi.Bool(true), RunAsUser: pulumi.Int(user), RunAsGroup: pulumi.Int(group),
		FsGroup: pulumi.Int(group), FsGroupChangePolicy: pulumi.String("OnRootMismatch"),
		SeccompProfile: corev1.SeccompProfileArgs{Type: pulumi.String("RuntimeDefault")},
	}
}

func containerSecurity() corev1.SecurityContextArgs {
	return corev1.SecurityContextArgs{
		AllowPrivilegeEscalation: pulumi.Bool(false),
		ReadOnlyRootFilesystem:   pulumi.Bool(true),
		Capabilities:             corev1.CapabilitiesArgs{Drop: pulumi.ToStringArray([]string{"ALL"})},
	}
}

// resources limit memory and disk, which can't be reclaimed from a running container, but
// not CPU, which can be throttled.
func resources(cpu, memory, mostMemory, mostDisk string) corev1.ResourceRequirementsArgs {
	return corev1.ResourceRequirementsArgs{
		Requests: pulumi.StringMap{
			"cpu": pulumi.String(cpu), "memory": pulumi.String(memory), "ephemeral-storage": pulumi.String("64Mi"),
		},
		Limits: pulumi.StringMap{"memory": pulumi.String(mostMemory), "ephemeral-storage": pulumi.String(mostDisk)},
	}
}

// podName is the variable that holds the pod's name.
func podName() corev1.EnvVarArray {
	return corev1.EnvVarArray{corev1.EnvVarArgs{Name: pulumi.String("POD_NAME"), ValueFrom: corev1.EnvVarSourceArgs{
		FieldRef: corev1.ObjectFieldSelectorArgs{FieldPath: pulumi.String("metadata.name")},
	}}}
}

func value(name, text string) corev1.EnvVarArgs {
	return corev1.EnvVarArgs{Name: pulumi.String(name), Value: pulumi.String(text)}
}

func containerPort(name string, number int) corev1.ContainerPortArgs {
	return corev1.ContainerPortArgs{Name: pulumi.String(name), ContainerPort: pulumi.Int(number)}
}

func mount(volume, path string, readOnly bool) corev1.VolumeMountArgs {
	return corev1.VolumeMountArgs{Name: pulumi.String(volume), MountPath: pulumi.String(path), ReadOnly: pulumi.Bool(readOnly)}
}

func fromMap(volume string, name pulumi.StringInput, optional pulumi.BoolPtrInput) corev1.VolumeArgs {
	return corev1.VolumeArgs{Name: pulumi.String(volume), ConfigMap: corev1.ConfigMapVolumeSourceArgs{
		Name: name.ToStringOutput(), Optional: optional,
	}}
}

// scratch is a volume that is deleted with the pod.
func scratch(volume, most string) corev1.VolumeArgs {
	return corev1.VolumeArgs{Name: pulumi.String(volume), EmptyDir: corev1.EmptyDirVolumeSourceArgs{SizeLimit: pulumi.String(most)}}
}

// token is a token of the pod's service account for one audience.
func token(volume, audience string) corev1.VolumeArgs {
	return corev1.VolumeArgs{Name: pulumi.String(volume), Projected: corev1.ProjectedVolumeSourceArgs{
		Sources: corev1.VolumeProjectionArray{corev1.VolumeProjectionArgs{ServiceAccountToken: corev1.ServiceAccountTokenProjectionArgs{
			Audience: pulumi.String(audience), ExpirationSeconds: pulumi.Int(600), Path: pulumi.String("token"),
		}}},
	}}
}
