package kubernetes

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// diskDriver is GKE's CSI driver for persistent disks. Source: GKE, "Using the
// Compute Engine persistent disk CSI Driver".
const diskDriver = "pd.csi.storage.gke.io"

// Annotations with which controllers and drivers communicate. Source: Kubernetes,
// "Well-Known Labels, Annotations and Taints".
const (
	// The driver that is to provision a claim's volume.
	provisionerAnnotation = "volume.kubernetes.io/storage-provisioner"
	// The node that the scheduler chose for the pod that waits for the volume.
	nodeAnnotation = "volume.kubernetes.io/selected-node"
	// The driver that provisioned a volume.
	provisionedByAnnotation = "pv.kubernetes.io/provisioned-by"
)

// provision creates the volume that a claim requests from the driver. Kubernetes'
// controllers request it once the class is known, and the node, if the class waits for a
// pod.
func (a *addons) provision(ctx context.Context, key client.ObjectKey) error {
	var claim corev1.PersistentVolumeClaim
	if err := a.cluster.Get(ctx, key, &claim); err != nil {
		return client.IgnoreNotFound(err)
	}
	if claim.Annotations[provisionerAnnotation] != diskDriver || claim.Spec.VolumeName != "" ||
		claim.DeletionTimestamp != nil || claim.Spec.StorageClassName == nil {
		return nil
	}
	var class storagev1.StorageClass
	if err := a.cluster.Get(ctx, client.ObjectKey{Name: *claim.Spec.StorageClassName}, &class); err != nil {
		return err
	}
	node := claim.Annotations[nodeAnnotation]
	if node == "" && class.VolumeBindingMode != nil && *class.VolumeBindingMode == storagev1.VolumeBindingWaitForFirstConsumer {
		return nil
	}
	zone, err := a.zone(ctx, node)
	if err != nil {
		return err
	}
	return client.IgnoreAlreadyExists(a.cluster.Create(ctx, disk(&claim, &class, zone)))
}

// zone is the zone of a node or, if none is named, of the first node.
func (a *addons) zone(ctx context.Context, name string) (string, error) {
	var nodes corev1.NodeList
	if err := a.cluster.List(ctx, &nodes); err != nil {
		return "", err
	}
	for _, node := range nodes.Items {
		if zone := node.Labels[corev1.LabelTopologyZone]; zone != "" && (name == "" || name == node.Name) {
			return zone, nil
		}
	}
	if name == "" {
		return "", fmt.Errorf("no node has the label %s, so the disk's zone is unknown", corev1.LabelTopologyZone)
	}
	return "", fmt.Errorf("node %s does not exist, or has no label %s", name, corev1.LabelTopologyZone)
}

// disk is a volume as the driver creates it. Source: kubernetes-sigs,
// sig-storage-lib-external-provisioner, controller/controller.go, for the name;
// gcp-compute-persistent-disk-csi-driver, pkg/gce-pd-csi-driver/controller.go,
// for the handle and whole gibibytes.
func disk(claim *corev1.PersistentVolumeClaim, class *storagev1.StorageClass, zone string) *corev1.PersistentVolume {
	name := "pvc-" + string(claim.UID)
	requested := claim.Spec.Resources.Requests[corev1.ResourceStorage]
	const gibibyte = 1 << 30
	size := resource.NewQuantity((requested.Value()+gibibyte-1)/gibibyte*gibibyte, resource.BinarySI)
	reclaim := corev1.PersistentVolumeReclaimDelete
	if class.ReclaimPolicy != nil {
		reclaim = *class.ReclaimPolicy
	}
	return &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{provisionedByAnnotation: diskDriver}},
		Spec: corev1.PersistentVolumeSpec{
			Capacity:                      corev1.ResourceList{corev1.ResourceStorage: *size},
			AccessModes:                   claim.Spec.AccessModes,
			VolumeMode:                    claim.Spec.VolumeMode,
			MountOptions:                  class.MountOptions,
			PersistentVolumeReclaimPolicy: reclaim,
			StorageClassName:              class.Name,
			ClaimRef: &corev1.ObjectReference{
				APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID,
			},
			PersistentVolumeSource: corev1.PersistentVolumeSource{CSI: &corev1.CSIPersistentVolumeSource{
				Driver: diskDriver, VolumeHandle: fmt.Sprintf("projects/rehearsal/zones/%s/disks/%s", zone, name),
			}},
			NodeAffinity: &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{
				MatchExpressions: []corev1.NodeSelectorRequirement{
					{Key: corev1.LabelTopologyZone, Operator: corev1.NodeSelectorOpIn, Values: []string{zone}},
				},
			}}}},
		},
	}
}

// reclaim deletes a volume whose claim was deleted, unless its policy is to retain it.
func (a *addons) reclaim(ctx context.Context, key client.ObjectKey) error {
	var volume corev1.PersistentVolume
	if err := a.cluster.Get(ctx, key, &volume); err != nil {
		return client.IgnoreNotFound(err)
	}
	if volume.Annotations[provisionedByAnnotation] != diskDriver || volume.Status.Phase != corev1.VolumeReleased ||
		volume.Spec.PersistentVolumeReclaimPolicy != corev1.PersistentVolumeReclaimDelete {
		return nil
	}
	return client.IgnoreNotFound(a.cluster.Delete(ctx, &volume))
}
