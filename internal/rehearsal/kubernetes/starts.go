package kubernetes

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// StartRule returns the reason why the containers of a pod could never start, or nil.
// kwok runs no containers, and reports every pod as ready. A rule reads the objects that
// the pod mounts itself. It is called concurrently, for pods of all kinds.
type StartRule func(ctx context.Context, objects client.Reader, pod *corev1.Pod) error

// workloads are the kinds whose pods exist once the provider has waited for them.
var workloads = map[string]bool{"StatefulSet.apps": true, "Deployment.apps": true, "DaemonSet.apps": true, "Job.batch": true}

// wouldStart applies the start rule to the pods of a workload that kwok reports as ready.
// By then the pods of an earlier revision have gone, except with the update strategy
// OnDelete, and those would have to start again, too.
func (s *server) wouldStart(ctx context.Context, workload *unstructured.Unstructured) error {
	if s.starts == nil || !workloads[workload.GroupVersionKind().GroupKind().String()] {
		return nil
	}
	pods, err := podsOf(ctx, s.reader, workload)
	if err != nil {
		return err
	}
	for _, pod := range pods {
		if err := s.starts(ctx, s.reader, &pod); err != nil {
			return fmt.Errorf("pod %s would crash: %w", pod.Name, err)
		}
	}
	return nil
}

// controllersOf are the controllers of a workload's pods: itself, and its ReplicaSets.
func controllersOf(ctx context.Context, objects client.Reader, workload *unstructured.Unstructured) (map[types.UID]bool, error) {
	var sets appsv1.ReplicaSetList
	if err := objects.List(ctx, &sets, client.InNamespace(workload.GetNamespace())); err != nil {
		return nil, err
	}
	controllers := map[types.UID]bool{workload.GetUID(): true}
	for _, set := range sets.Items {
		if metav1.IsControlledBy(&set, workload) {
			controllers[set.UID] = true
		}
	}
	return controllers, nil
}

// lastFailedCreate is the message of the last event about a pod of a workload that could
// not be created; empty if there is none.
func lastFailedCreate(ctx context.Context, objects client.Reader, workload *unstructured.Unstructured) (string, error) {
	if workload == nil || !workloads[workload.GroupVersionKind().GroupKind().String()] {
		return "", nil
	}
	controllers, err := controllersOf(ctx, objects, workload)
	if err != nil {
		return "", err
	}
	var events corev1.EventList
	if err := objects.List(ctx, &events, client.InNamespace(workload.GetNamespace())); err != nil {
		return "", err
	}
	var last corev1.Event
	for _, event := range events.Items {
		if event.Reason == "FailedCreate" && controllers[event.InvolvedObject.UID] && !event.LastTimestamp.Before(&last.LastTimestamp) {
			last = event
		}
	}
	return last.Message, nil
}

// podsOf lists the pods that a workload controls, by itself or through a ReplicaSet,
// except those that are being deleted.
func podsOf(ctx context.Context, objects client.Reader, workload *unstructured.Unstructured) (pods []corev1.Pod, err error) {
	controllers, err := controllersOf(ctx, objects, workload)
	if err != nil {
		return nil, err
	}
	var all corev1.PodList
	if err := objects.List(ctx, &all, client.InNamespace(workload.GetNamespace())); err != nil {
		return nil, err
	}
	for _, pod := range all.Items {
		if owner := metav1.GetControllerOf(&pod); owner != nil && controllers[owner.UID] && pod.DeletionTimestamp == nil {
			pods = append(pods, pod)
		}
	}
	return pods, nil
}
