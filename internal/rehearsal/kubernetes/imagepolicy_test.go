package kubernetes

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const denied = "denied.example.com/web"

func running(image string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "images", GenerateName: "web-"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: image}}},
	}
}

// The message is that of GKE's API server.
func TestPodWithADeniedImageIsRefused(t *testing.T) {
	namespace(t, configured(t), "images")
	const words = `admission webhook "imagepolicywebhook.image-policy.k8s.io" denied the request: Image denied.example.com/web denied by a test`
	err := direct(t).Create(t.Context(), running(denied), client.DryRunAll)
	require.EqualError(t, err, words)
	var status apierrors.APIStatus
	require.ErrorAs(t, err, &status)
	assert.Equal(t, metav1.StatusReason("VIOLATES_POLICY"), status.Status().Reason)
	assert.EqualValues(t, 403, status.Status().Code)

	second := running("example.com/web")
	second.Spec.Containers = append(second.Spec.Containers, corev1.Container{Name: "second", Image: denied})
	assert.EqualError(t, direct(t).Create(t.Context(), second, client.DryRunAll), words)

	unseen := running("example.com/web")
	unseen.Spec.InitContainers = []corev1.Container{{Name: "init", Image: denied}}
	assert.NoError(t, direct(t).Create(t.Context(), unseen, client.DryRunAll), "Binary Authorization does not look at init containers")

	pod := running("example.com/web")
	require.NoError(t, direct(t).Create(t.Context(), pod))
	changed := pod.DeepCopy()
	changed.Spec.Containers[0].Image = denied
	assert.EqualError(t, direct(t).Patch(t.Context(), changed, client.MergeFrom(pod), client.DryRunAll), words)
	debugged := pod.DeepCopy()
	debugged.Spec.EphemeralContainers = []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: "debug", Image: denied}}}
	assert.EqualError(t, direct(t).SubResource("ephemeralcontainers").Patch(t.Context(), debugged, client.StrategicMergeFrom(pod), client.DryRunAll), words)
}

func TestErrorOfAnUnreadyWorkloadSaysWhyItsPodsWereRefused(t *testing.T) {
	p := configured(t)
	namespace(t, p, "hindered")
	labels := map[string]any{"app": "web"}
	_, err := p.Create(t.Context(), withTimeout(request(deployment, object("apps/v1", "Deployment", "hindered", "web", map[string]any{"spec": map[string]any{
		"selector": map[string]any{"matchLabels": labels}, "template": map[string]any{
			"metadata": map[string]any{"labels": labels},
			"spec":     map[string]any{"containers": []any{map[string]any{"name": "web", "image": denied}}},
		},
	}})), 5))
	assert.ErrorContains(t, err, `Error creating: admission webhook "imagepolicywebhook.image-policy.k8s.io" denied the request: Image `+denied)
}

func withTimeout(request plugin.CreateRequest, seconds float64) plugin.CreateRequest {
	request.Timeout = seconds
	return request
}
