package guardrails

import (
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	storagev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/storage/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/kube"
	"bastide/components/scope"
	"bastide/environment"
)

// builtIn is the default storage class of a new GKE cluster. Source: GKE, "About
// Persistent Volumes".
const builtIn = "standard-rwo"

const defaultAnnotation = "storageclass.kubernetes.io/is-default-class"

// createStorage creates storage classes that encrypt with the environment's key, and makes
// one of them the default: CIS GKE 5.9.1. With two defaults the newer one wins, so GKE's
// own stops being the default first.
func (g *Guardrails) createStorage(s scope.Scope) error {
	former, err := storagev1.NewStorageClassPatch(s.Context(), s.Name("built-in-class"), &storagev1.StorageClassPatchArgs{
		Metadata: metav1.ObjectMetaPatchArgs{Name: pulumi.String(builtIn), Annotations: pulumi.StringMap{
			defaultAnnotation:    pulumi.String("false"),
			kube.ForceAnnotation: pulumi.String("true"), // GKE set the annotation, and does not reset it
		}},
	}, s.Child()...)
	if err != nil {
		return err
	}
	for _, class := range []struct{ name, reclaim, standard string }{
		{environment.KeepClass, "Retain", "true"},
		{environment.ScratchClass, "Delete", "false"},
	} {
		storageClass, err := storagev1.NewStorageClass(s.Context(), s.Name(class.name), &storagev1.StorageClassArgs{
			Metadata: annotated(class.name, defaultAnnotation, class.standard),
			// The CSI driver of persistent disks, which takes a key's full resource name.
			Provisioner: pulumi.String("pd.csi.storage.gke.io"),
			Parameters: pulumi.StringMap{
				"type":                    pulumi.String(g.args.VolumeType),
				"disk-encryption-kms-key": g.args.VolumesKey,
			},
			ReclaimPolicy:        pulumi.String(class.reclaim),
			AllowVolumeExpansion: pulumi.Bool(true),
			// The disk is created in the zone to which its pod is scheduled.
			VolumeBindingMode: pulumi.String("WaitForFirstConsumer"),
		}, s.Child(pulumi.DependsOn([]pulumi.Resource{former}))...)
		if err != nil {
			return err
		}
		if class.name == environment.KeepClass {
			g.StorageClass = storageClass.Metadata.Name().Elem()
		}
	}
	return nil
}

func annotated(name, key, value string) metav1.ObjectMetaArgs {
	meta := kube.Meta(name, nil)
	meta.Annotations = pulumi.StringMap{key: pulumi.String(value)}
	return meta
}
