package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

// await waits until an object is ready, and returns it as it is then.
func (s *server) await(ctx context.Context, m manifest, timeout float64) (*unstructured.Unstructured, error) {
	var state string
	live, err := s.watch(ctx, m, timeout, func(live *unstructured.Unstructured) (ready bool, err error) {
		if m.patch || m.skipWait {
			return true, nil
		}
		ready, state, err = s.ready(ctx, live)
		return ready, err
	})
	switch {
	case wait.Interrupted(err):
		reason, readErr := lastFailedCreate(ctx, s.reader, live)
		if reason != "" {
			state += "; " + reason
		}
		err = errors.Join(errors.New(state), readErr)
	case err == nil && !m.patch && !m.skipWait:
		err = s.wouldStart(ctx, live)
	}
	if err != nil {
		return live, fmt.Errorf("%s %s is not ready: %w", m.GetKind(), id(m.Unstructured), err)
	}
	return live, nil
}

// ready tells whether the provider would go on, or what it waits for. It uses kstatus,
// except for the kinds for which the real provider has rules of its own. Source:
// pulumi/pulumi-kubernetes, provider/pkg/await.
func (s *server) ready(ctx context.Context, live *unstructured.Unstructured) (ready bool, state string, err error) {
	result, err := status.Compute(live)
	if err != nil {
		return false, "", err
	}
	kind := live.GroupVersionKind().GroupKind().String()
	switch {
	case result.Status == status.FailedStatus:
		return false, "", errors.New(result.Message)
	case kind == "PersistentVolumeClaim" && result.Status == status.InProgressStatus:
		waits, err := s.waitsForPod(ctx, live)
		return waits, result.Message, err
	case result.Status != status.CurrentStatus || stricter[kind] == nil:
		return result.Status == status.CurrentStatus, result.Message, nil
	}
	state, err = stricter[kind](live)
	return err == nil && state == "", state, err
}

// waitsForPod tells whether a claim gets its volume only when a pod uses it. The resource
// with that pod may depend on the claim, so the provider does not wait for the volume:
// awaiters.go, untilCoreV1PersistentVolumeClaimReady.
func (s *server) waitsForPod(ctx context.Context, live *unstructured.Unstructured) (bool, error) {
	claim, err := typed[corev1.PersistentVolumeClaim](live)
	if err != nil || claim.Spec.StorageClassName == nil {
		return false, err
	}
	found, err := s.objects.Resource(storagev1.SchemeGroupVersion.WithResource("storageclasses")).Get(ctx, *claim.Spec.StorageClassName, metav1.GetOptions{})
	if err != nil {
		return false, ignoreNotFound(err)
	}
	class, err := typed[storagev1.StorageClass](found)
	return err == nil && class.VolumeBindingMode != nil && *class.VolumeBindingMode == storagev1.VolumeBindingWaitForFirstConsumer, err
}

// stricter holds, by kind, what the provider requires in addition to kstatus. Each
// function returns what is missing, or nothing.
var stricter = map[string]func(*unstructured.Unstructured) (string, error){
	"StatefulSet.apps": podsMissing,
	"Service":          addressMissing,
	"Job.batch":        endMissing,
}

// podsMissing is for a StatefulSet with the update strategy OnDelete: all pods have to
// exist and be ready, whatever their revision. Source: statefulset.go.
func podsMissing(live *unstructured.Unstructured) (string, error) {
	set, err := typed[appsv1.StatefulSet](live)
	if err != nil || set.Spec.UpdateStrategy.Type != appsv1.OnDeleteStatefulSetStrategyType {
		return "", err
	}
	have, wanted := set.Status, *set.Spec.Replicas // the server sets the default
	if have.ObservedGeneration < set.Generation || have.Replicas != wanted || have.ReadyReplicas != wanted {
		return fmt.Sprintf("Ready: %d/%d", have.ReadyReplicas, wanted), nil
	}
	return "", nil
}

// addressMissing is for a load balancer. Source: service.go.
func addressMissing(live *unstructured.Unstructured) (string, error) {
	service, err := typed[corev1.Service](live)
	if err != nil || service.Spec.Type != corev1.ServiceTypeLoadBalancer || len(service.Status.LoadBalancer.Ingress) > 0 {
		return "", err
	}
	return "the load balancer has no address", nil
}

// endMissing is for a Job, which has to complete. Source: job.go, checker/job/check.go.
func endMissing(live *unstructured.Unstructured) (string, error) {
	job, err := typed[batchv1.Job](live)
	if err != nil || slices.ContainsFunc(job.Status.Conditions, func(c batchv1.JobCondition) bool {
		return c.Type == batchv1.JobComplete && c.Status == corev1.ConditionTrue
	}) {
		return "", err
	}
	return fmt.Sprintf("active: %d, succeeded: %d, failed: %d", job.Status.Active, job.Status.Succeeded, job.Status.Failed), nil
}

func typed[T any](object *unstructured.Unstructured) (*T, error) {
	var t T
	err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &t)
	return &t, err
}
