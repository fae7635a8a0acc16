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

// StartRule says why the software in a pod could never start, or nothing. kwok
// runs no software, so it has every pod ready. A rule reads what the pod mounts
// by itself. It is asked about pods of all sorts, by several callers at once.
type StartRule func(ctx context.Context, objects client.Reader, pod *corev1.Pod) error

// workloads are the kinds whose pods are there when the provider has waited.
var workloads = map[string]bool{"StatefulSet.apps": true, "Deployment.apps": true, "DaemonSet.apps": true, "Job.batch": true}

// wouldStart holds the pods of a workload against the rule. The workload is one
// that kwok has ready: by then the pods of an earlier version have gone, except
// where pods are replaced by hand, and those would have to start again too.
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

// controllersOf are what makes a workload's pods: itself, and its ReplicaSets.
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

// hindrance is why a workload's pods could not be made, as was last told, or nothing.
func hindrance(ctx context.Context, objects client.Reader, workload *unstructured.Unstructured) (string, error) {
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

// podsOf lists the pods that a workload controls, by itself or through a
// ReplicaSet, and that are to stay.
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
