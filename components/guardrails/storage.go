package guardrails

import (
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	storagev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/storage/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/kube"
	"bastide/components/scope"
	"bastide/environment"
)

// builtIn is the class that GKE makes the default of a new cluster. Source: GKE,
// "About Persistent Volumes".
const builtIn = "standard-rwo"

const defaultAnnotation = "storageclass.kubernetes.io/is-default-class"

// createStorage makes encryption with the environment's key what a claim gets
// that asks for nothing: CIS GKE 5.9.1. There must not be two defaults at any
// time, or the newer one wins, so GKE's own gives way first.
func (g *Guardrails) createStorage(s scope.Scope) error {
	former, err := storagev1.NewStorageClassPatch(s.Context(), s.Name("built-in-class"), &storagev1.StorageClassPatchArgs{
		Metadata: metav1.ObjectMetaPatchArgs{Name: pulumi.String(builtIn), Annotations: pulumi.StringMap{
			defaultAnnotation:    pulumi.String("false"),
			kube.ForceAnnotation: pulumi.String("true"), // GKE wrote the annotation, and leaves it be
		}},
	}, s.Child()...)
	if err != nil {
		return err
	}
	for _, class := range []struct{ name, reclaim, standard string }{
		{environment.KeepClass, "Retain", "true"},
		{environment.ScratchClass, "Delete", "false"},
	} {
		made, err := storagev1.NewStorageClass(s.Context(), s.Name(class.name), &storagev1.StorageClassArgs{
			Metadata: annotated(class.name, defaultAnnotation, class.standard),
			// The driver of GKE's persistent disks, which takes a key's full name.
			Provisioner: pulumi.String("pd.csi.storage.gke.io"),
			Parameters: pulumi.StringMap{
				"type":                    pulumi.String(g.args.VolumeType),
				"disk-encryption-kms-key": g.args.VolumesKey,
			},
			ReclaimPolicy:        pulumi.String(class.reclaim),
			AllowVolumeExpansion: pulumi.Bool(true),
			// A disk is made in the zone in which its pod will run.
			VolumeBindingMode: pulumi.String("WaitForFirstConsumer"),
		}, s.Child(pulumi.DependsOn([]pulumi.Resource{former}))...)
		if err != nil {
			return err
		}
		if class.name == environment.KeepClass {
			g.StorageClass = made.Metadata.Name().Elem()
		}
	}
	return nil
}

func annotated(name, key, value string) metav1.ObjectMetaArgs {
	meta := kube.Meta(name, nil)
	meta.Annotations = pulumi.StringMap{key: pulumi.String(value)}
	return meta
}
