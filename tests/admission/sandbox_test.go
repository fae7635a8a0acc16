package admission_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// A job without a node selector runs in the sandbox: this program's policy sets the runtime
// class if the job names none, and GKE's runtime class selects the node.
func TestJobWithoutRuntimeRunsInTheSandbox(t *testing.T) {
	for _, runtime := range []*string{nil, new("gvisor")} {
		pod := bare("ci-jobs")
		pod.Spec.RuntimeClassName = runtime
		require.NoError(t, cluster(t).Create(t.Context(), pod))
		require.Eventually(t, func() bool {
			require.NoError(t, cluster(t).Get(t.Context(), client.ObjectKeyFromObject(pod), pod))
			return pod.Spec.NodeName != ""
		}, 20*time.Second, 100*time.Millisecond)
		assert.Equal(t, "ci", poolOf(t, *pod))
		assert.Equal(t, "gvisor", *pod.Spec.RuntimeClassName)
		assert.Nil(t, pod.Spec.Containers[0].SecurityContext.ReadOnlyRootFilesystem, "builds may write anywhere")
		assert.False(t, *pod.Spec.Containers[0].SecurityContext.AllowPrivilegeEscalation)
		require.NoError(t, cluster(t).Delete(context.Background(), pod, client.GracePeriodSeconds(0)))
		require.Eventually(t, func() bool {
			return cluster(t).Get(t.Context(), client.ObjectKeyFromObject(pod), pod) != nil
		}, 20*time.Second, 100*time.Millisecond)
	}
}

// In the sandbox jobs can't be privileged either.
func TestNoJobIsPrivilegedInASandbox(t *testing.T) {
	pod := bare("ci-jobs")
	pod.Spec.Containers[0].SecurityContext = &corev1.SecurityContext{Privileged: new(true)}
	err := cluster(t).Create(t.Context(), pod, client.DryRunAll)
	require.Error(t, err)
	assert.Regexp(t, "privileged-container|violates PodSecurity", err.Error())
}
