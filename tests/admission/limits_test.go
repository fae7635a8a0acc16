package admission_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"bastide/components/guardrails/sizes"
)

// sized are namespaces of each size, those of build jobs, and one that was created by hand,
// to which the smallest size applies.
var sized = map[string]sizes.Bounds{
	"shop": sizes.Workloads("small"), "billing": sizes.Workloads("medium"), "stock": sizes.Workloads("large"),
	"ci-system": sizes.Workloads("medium"), "openbao": sizes.Workloads("medium"), "ci-jobs": sizes.Jobs("medium"),
	"rehearsal-corpus": sizes.Workloads("small"),
}

// asking is a pod whose containers request memory and disk, and set no limits.
func asking(namespace, memory, disk string) *corev1.Pod {
	pod := bare(namespace)
	requests := corev1.ResourceList{}
	for name, text := range map[corev1.ResourceName]string{corev1.ResourceMemory: memory, corev1.ResourceEphemeralStorage: disk} {
		if text != "" {
			requests[name] = resource.MustParse(text)
		}
	}
	pod.Spec.Containers[0].Resources.Requests = requests
	pod.Spec.InitContainers[0].Resources.Requests = requests.DeepCopy()
	return pod
}

// multiple is a multiple of a quantity, in bytes.
func multiple(text string, numerator, denominator int64) string {
	q := resource.MustParse(text)
	return resource.NewQuantity(q.Value()*numerator/denominator, resource.BinarySI).String()
}

// A default limit below the request makes a pod invalid: kubernetes/kubernetes issue 51430.
func TestDefaultLimitIsAtLeastTheRequest(t *testing.T) {
	for namespace, bounds := range sized {
		memory, disk := bounds.Limits[sizes.Memory], bounds.Limits[sizes.Disk]
		for name, c := range map[string]struct{ asked, askedDisk, want, wantDisk string }{
			"nothing":  {"", "", memory, disk},
			"little":   {multiple(memory, 1, 2), multiple(disk, 1, 2), memory, disk},
			"as much":  {memory, disk, memory, disk},
			"twice it": {multiple(memory, 2, 1), multiple(disk, 3, 2), multiple(memory, 2, 1), multiple(disk, 3, 2)},
		} {
			t.Run(namespace+"/"+name, func(t *testing.T) {
				pod := asking(namespace, c.asked, c.askedDisk)
				require.NoError(t, cluster(t).Create(t.Context(), pod, client.DryRunAll))
				for _, container := range append(pod.Spec.Containers, pod.Spec.InitContainers...) {
					limits := container.Resources.Limits
					assert.Zero(t, limits.Memory().Cmp(resource.MustParse(c.want)), "%s: %s", container.Name, limits.Memory())
					assert.Zero(t, limits.StorageEphemeral().Cmp(resource.MustParse(c.wantDisk)), "%s: %s", container.Name, limits.StorageEphemeral())
				}
			})
		}
	}
}

// Two reported pods, which request 400Mi of memory, and 512Mi of disk or more.
func TestPodsWithLargeRequestsRun(t *testing.T) {
	for name, pod := range map[string]*corev1.Pod{
		"memory": asking("shop", "400Mi", ""), "disk": asking("shop", "", "512Mi"), "more-disk": asking("shop", "", "600Mi"),
	} {
		labels := map[string]string{"app.kubernetes.io/name": name}
		pod.Spec.RestartPolicy, pod.Spec.InitContainers = corev1.RestartPolicyAlways, nil
		pod.Spec.Containers[0].ReadinessProbe = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: []string{"true"}}}}
		deployment := &appsv1.Deployment{
			ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name},
			Spec: appsv1.DeploymentSpec{
				Selector: &metav1.LabelSelector{MatchLabels: labels},
				Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: pod.Spec},
			},
		}
		require.NoError(t, cluster(t).Create(t.Context(), deployment))
		t.Cleanup(func() {
			background := metav1.DeletePropagationBackground
			require.NoError(t, cluster(t).Delete(context.Background(), deployment, &client.DeleteOptions{PropagationPolicy: &background}))
		})
		var pods corev1.PodList
		assert.Eventually(t, func() bool {
			require.NoError(t, cluster(t).List(t.Context(), &pods, client.InNamespace("shop"), client.MatchingLabels(labels)))
			return slices.ContainsFunc(pods.Items, func(p corev1.Pod) bool { return p.Status.Phase == corev1.PodRunning })
		}, 20*time.Second, 100*time.Millisecond, name)
	}
}

// A given limit is never changed. If it is below the request, the API server refuses the pod.
func TestGivenLimitIsKept(t *testing.T) {
	pod := asking("shop", "100Mi", "")
	pod.Spec.Containers[0].Resources.Limits = corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("120Mi")}
	require.NoError(t, cluster(t).Create(t.Context(), pod, client.DryRunAll))
	assert.Equal(t, "120Mi", pod.Spec.Containers[0].Resources.Limits.Memory().String())

	pod = asking("shop", "100Mi", "")
	pod.Spec.Containers[0].Resources.Limits = corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("80Mi")}
	assert.ErrorContains(t, cluster(t).Create(t.Context(), pod, client.DryRunAll), "must be less than or equal to memory limit of 80Mi")
}

// A limit of the whole pod bounds each container, so none gets a default.
func TestPodLevelLimitReplacesContainerLimits(t *testing.T) {
	pod := asking("shop", "", "")
	pod.Spec.Resources = &corev1.ResourceRequirements{Limits: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("200Mi")}}
	require.NoError(t, cluster(t).Create(t.Context(), pod, client.DryRunAll))
	assert.NotContains(t, pod.Spec.Containers[0].Resources.Limits, corev1.ResourceMemory)
	assert.Equal(t, "512Mi", pod.Spec.Containers[0].Resources.Limits.StorageEphemeral().String())
}

func TestQuotaCountsRequestsAndDefaultLimits(t *testing.T) {
	for namespace, bounds := range sized {
		if namespace == "rehearsal-corpus" {
			continue // it has no quota
		}
		for _, pod := range []*corev1.Pod{
			asking(namespace, multiple(bounds.Quota["requests.memory"], 2, 1), ""),
			asking(namespace, "", multiple(bounds.Quota["requests.ephemeral-storage"], 2, 1)),
		} {
			assert.ErrorContains(t, cluster(t).Create(t.Context(), pod, client.DryRunAll), "exceeded quota: ", namespace)
		}
	}
	// Default limits count, too: 64 times 256Mi fill the quota of 16Gi.
	pod := asking("shop", "", "")
	for i := range 64 {
		container := *pod.Spec.Containers[0].DeepCopy()
		container.Name += "-" + string(rune('a'+i/26)) + string(rune('a'+i%26))
		pod.Spec.Containers = append(pod.Spec.Containers, container)
	}
	assert.ErrorContains(t, cluster(t).Create(t.Context(), pod, client.DryRunAll), "limited: limits.memory=16Gi")
}

// Without defaults a rule says which limits to set, before a quota or the API server refuses
// the pod with a less helpful message.
func TestRuleRequiresLimitsWithoutDefaults(t *testing.T) {
	complete := asking("shop", "400Mi", "512Mi")
	require.NoError(t, cluster(t).Create(t.Context(), complete, client.DryRunAll))
	complete.ResourceVersion, complete.UID = "", ""
	withoutDefaults(t, func() {
		require.NoError(t, cluster(t).Create(t.Context(), complete.DeepCopy(), client.DryRunAll), "without this the test would prove nothing")
		complete.Spec.Containers[0].Resources.Limits = nil
		assert.ErrorContains(t, cluster(t).Create(t.Context(), complete, client.DryRunAll), "denied request: resource-limits: set resources.limits.memory")
	})
}
