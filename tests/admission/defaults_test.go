package admission_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"bastide/environment"
	"bastide/internal/rehearsal/corpus"
)

// bare is a minimal pod, without resources and security contexts.
func bare(namespace string) *corev1.Pod {
	container := corev1.Container{Name: "main", Image: registry + "/web:1"}
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "bare", Labels: map[string]string{"app.kubernetes.io/name": "bare"}},
		Spec: corev1.PodSpec{
			RestartPolicy: corev1.RestartPolicyNever, Containers: []corev1.Container{container},
			InitContainers: []corev1.Container{{Name: "init", Image: registry + "/web:1", SecurityContext: &corev1.SecurityContext{
				Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"CHOWN"}},
			}}},
		},
	}
}

func TestPodDefaultsAreSet(t *testing.T) {
	pod := bare("shop")
	require.NoError(t, cluster(t).Create(t.Context(), pod, client.DryRunAll))
	assert.Equal(t, corev1.SeccompProfileTypeRuntimeDefault, pod.Spec.SecurityContext.SeccompProfile.Type)
	assert.Nil(t, pod.Spec.SecurityContext.RunAsNonRoot, "images that start as root still start")
	for _, container := range append(pod.Spec.Containers, pod.Spec.InitContainers...) {
		assert.False(t, *container.SecurityContext.AllowPrivilegeEscalation)
		assert.True(t, *container.SecurityContext.ReadOnlyRootFilesystem)
	}
	assert.Equal(t, []corev1.Capability{"NET_RAW"}, pod.Spec.Containers[0].SecurityContext.Capabilities.Drop)
	assert.Equal(t, []corev1.Capability{"CHOWN", "NET_RAW"}, pod.Spec.InitContainers[0].SecurityContext.Capabilities.Drop)
	assert.Equal(t, "50m", pod.Spec.Containers[0].Resources.Requests.Cpu().String(), "the namespace's LimitRange")
}

// In a restricted namespace the defaults satisfy the restricted level.
func TestRestrictedNamespaceAdmitsABarePod(t *testing.T) {
	pod := bare(environment.OpenBaoNamespace)
	pod.Spec.InitContainers = nil
	require.NoError(t, cluster(t).Create(t.Context(), pod, client.DryRunAll))
	assert.True(t, *pod.Spec.SecurityContext.RunAsNonRoot)
	assert.Equal(t, []corev1.Capability{"ALL"}, pod.Spec.Containers[0].SecurityContext.Capabilities.Drop)
}

// Given values are kept, and a second run changes nothing.
func TestDefaultsAreIdempotentAndTouchNothingElse(t *testing.T) {
	for _, namespace := range []string{corpus.Namespace, "shop", environment.OpenBaoNamespace} {
		pod := bare(namespace)
		pod.Spec.InitContainers = nil
		require.NoError(t, cluster(t).Create(t.Context(), pod, client.DryRunAll))
		again := pod.DeepCopy()
		again.ResourceVersion, again.UID = "", ""
		require.NoError(t, cluster(t).Create(t.Context(), again, client.DryRunAll))
		assert.Equal(t, pod.Spec, again.Spec, namespace)
	}
	yes, user := true, int64(1000)
	pod := bare("shop")
	pod.Spec.SecurityContext = &corev1.PodSecurityContext{RunAsNonRoot: &yes, RunAsUser: &user, SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}}
	pod.Spec.Containers[0].SecurityContext = &corev1.SecurityContext{Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}, Add: []corev1.Capability{"NET_BIND_SERVICE"}}}
	want := pod.DeepCopy()
	require.NoError(t, cluster(t).Create(t.Context(), pod, client.DryRunAll))
	assert.Equal(t, want.Spec.SecurityContext, pod.Spec.SecurityContext)
	assert.Equal(t, want.Spec.Containers[0].SecurityContext.Capabilities, pod.Spec.Containers[0].SecurityContext.Capabilities)
}

// Without defaults, as on clusters before 1.36, the rules refuse by themselves.
func TestTheRulesHoldWithoutDefaults(t *testing.T) {
	withoutDefaults(t, func() {
		c := load(t)
		j, err := corpus.NewChecker(c, up.Cluster.ControlPlane().Admin(), warnOnly, false)
		require.NoError(t, err)
		shown, wrong, err := j.CheckAll(t.Context(), corpus.Namespace)
		require.NoError(t, err)
		assert.Greater(t, shown, 150)
		for _, w := range wrong {
			t.Error(w)
		}
	})
}

// withoutDefaults removes the bindings of the mutating policies while a function runs, and
// waits until the API server has applied that.
func withoutDefaults(t *testing.T, during func()) {
	t.Helper()
	waitUntilApplied := func(refused bool) {
		require.Eventually(t, func() bool {
			return (cluster(t).Create(t.Context(), bare("shop"), client.DryRunAll) != nil) == refused
		}, 20*time.Second, 100*time.Millisecond)
	}
	without(t, &admissionv1.MutatingAdmissionPolicyBinding{}, "bastide-job-placement", func() {
		without(t, &admissionv1.MutatingAdmissionPolicyBinding{}, "bastide-pod-limits", func() {
			without(t, &admissionv1.MutatingAdmissionPolicyBinding{}, "bastide-pod-defaults", func() {
				waitUntilApplied(true)
				during()
			})
		})
	})
	waitUntilApplied(false)
}

// without deletes an object while a function runs.
func without(t *testing.T, object client.Object, name string, during func()) {
	t.Helper()
	c := cluster(t)
	require.NoError(t, c.Get(t.Context(), client.ObjectKey{Namespace: object.GetNamespace(), Name: name}, object))
	require.NoError(t, c.Delete(t.Context(), object))
	defer func() {
		object.SetResourceVersion("")
		object.SetUID("")
		require.NoError(t, c.Create(t.Context(), object))
	}()
	during()
}
