package kubernetes

import (
	"context"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	statefulSet = "kubernetes:apps/v1:StatefulSet"
	volumeClaim = "kubernetes:core/v1:PersistentVolumeClaim"
)

// pool adds nodes to the cluster for the duration of a test, one in each zone.
func pool(t *testing.T, name string, zones ...string) {
	t.Helper()
	require.NoError(t, host.AddNodes(t.Context(), NodePool{Name: name, MachineType: "e2-standard-4", MaxPods: 30, Zones: zones}))
	t.Cleanup(func() { require.NoError(t, host.RemoveNodes(context.Background(), name)) })
}

// store is a StatefulSet in a namespace; spec adds to its required fields.
func store(namespace string, replicas int, spec map[string]any) resource.PropertyMap {
	labels := map[string]any{"app": "store"}
	all := map[string]any{
		"replicas": replicas, "serviceName": "store", "selector": map[string]any{"matchLabels": labels},
		"template": map[string]any{
			"metadata": map[string]any{"labels": labels},
			"spec":     map[string]any{"containers": []any{map[string]any{"name": "store", "image": "example.com/store"}}},
		},
	}
	for key, value := range spec {
		all[key] = value
	}
	return object("apps/v1", "StatefulSet", namespace, "store", map[string]any{"spec": all})
}

// claims are the volume claim templates of a StatefulSet.
func claims(class string) map[string]any {
	return map[string]any{"volumeClaimTemplates": []any{map[string]any{
		"metadata": map[string]any{"name": "data"},
		"spec":     claim(class),
	}}}
}

func claim(class string) map[string]any {
	return map[string]any{
		"accessModes": []any{"ReadWriteOnce"}, "storageClassName": class,
		"resources": map[string]any{"requests": map[string]any{"storage": "1500Mi"}},
	}
}

func remove(t *testing.T, p *Provider, token string, made plugin.CreateResponse) {
	t.Helper()
	u := urn(token)
	_, err := p.Delete(t.Context(), plugin.DeleteRequest{URN: u, Type: u.Type(), ID: made.ID, Inputs: made.Properties, Timeout: 30})
	require.NoError(t, err)
}

// volumeOf returns the volume that a claim is bound to.
func volumeOf(t *testing.T, namespace, name string) corev1.PersistentVolume {
	t.Helper()
	var claim corev1.PersistentVolumeClaim
	require.NoError(t, direct(t).Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, &claim))
	require.Equal(t, corev1.ClaimBound, claim.Status.Phase)
	var volume corev1.PersistentVolume
	require.NoError(t, direct(t).Get(t.Context(), client.ObjectKey{Name: claim.Spec.VolumeName}, &volume))
	return volume
}

func TestDiskIsProvisionedInTheZoneOfItsPod(t *testing.T) {
	p := configured(t)
	namespace(t, p, "disks")
	pool(t, "disks", "europe-west1-c", "europe-west1-d")
	made := create(t, p, statefulSet, store("disks", 2, claims("premium-rwo")))

	for _, name := range []string{"store-0", "store-1"} {
		var pod corev1.Pod
		require.NoError(t, direct(t).Get(t.Context(), client.ObjectKey{Namespace: "disks", Name: name}, &pod))
		var node corev1.Node
		require.NoError(t, direct(t).Get(t.Context(), client.ObjectKey{Name: pod.Spec.NodeName}, &node))
		zone := node.Labels[corev1.LabelTopologyZone]

		volume := volumeOf(t, "disks", "data-"+name)
		assert.Equal(t, "2Gi", volume.Spec.Capacity.Storage().String(), "disk sizes are whole gibibytes")
		assert.Equal(t, []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}, volume.Spec.AccessModes)
		assert.Equal(t, corev1.PersistentVolumeReclaimDelete, volume.Spec.PersistentVolumeReclaimPolicy)
		assert.Equal(t, "premium-rwo", volume.Spec.StorageClassName)
		assert.Equal(t, diskDriver, volume.Annotations[provisionedByAnnotation])
		require.NotNil(t, volume.Spec.CSI)
		assert.Equal(t, diskDriver, volume.Spec.CSI.Driver)
		assert.Equal(t, "projects/rehearsal/zones/"+zone+"/disks/"+volume.Name, volume.Spec.CSI.VolumeHandle)
		term := volume.Spec.NodeAffinity.Required.NodeSelectorTerms[0].MatchExpressions[0]
		assert.Equal(t, corev1.NodeSelectorRequirement{Key: corev1.LabelTopologyZone, Operator: corev1.NodeSelectorOpIn, Values: []string{zone}}, term)
	}
	remove(t, p, statefulSet, made)
}

// A class may bind volumes at once, and may retain them.
func TestDiskIsDeletedWithItsClaimUnlessRetained(t *testing.T) {
	p := configured(t)
	namespace(t, p, "kept")
	pool(t, "kept", "europe-west1-d")
	for _, reclaim := range []string{"Retain", "Delete"} {
		name := "at-once-" + strings.ToLower(reclaim)
		create(t, p, "kubernetes:storage.k8s.io/v1:StorageClass", object("storage.k8s.io/v1", "StorageClass", "", name,
			map[string]any{"provisioner": diskDriver, "reclaimPolicy": reclaim, "volumeBindingMode": "Immediate"}))
		made := create(t, p, volumeClaim, object("v1", "PersistentVolumeClaim", "kept", name, map[string]any{"spec": claim(name)}))
		volume := volumeOf(t, "kept", name)
		remove(t, p, volumeClaim, made)

		key := client.ObjectKeyFromObject(&volume)
		if reclaim == "Delete" {
			assert.Eventually(t, func() bool { return apierrors.IsNotFound(direct(t).Get(t.Context(), key, &volume)) }, startTimeout, pollInterval)
			continue
		}
		assert.Eventually(t, func() bool {
			return direct(t).Get(t.Context(), key, &volume) == nil && volume.Status.Phase == corev1.VolumeReleased
		}, startTimeout, pollInterval)
		require.NoError(t, host.ControlPlane().addons.reclaim(t.Context(), key))
		require.NoError(t, direct(t).Get(t.Context(), key, &volume), "a class with the policy Retain keeps its disks")
		assert.Nil(t, volume.DeletionTimestamp)
	}
}
