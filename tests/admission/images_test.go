package admission_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"bastide/internal/rehearsal/corpus"
)

// The rule and Binary Authorization agree: what the rule lets pass is made. Where
// somebody takes a pattern from Binary Authorization's policy alone, the pod is refused in
// Google's words, whoever makes it.
func TestAnImageThatOnlyTheRuleAcceptsIsRefusedByBinaryAuthorization(t *testing.T) {
	words := `admission webhook "imagepolicywebhook.image-policy.k8s.io" denied the request: Image ` + registry + "/web:1" +
		" denied by Binary Authorization default admission rule. Denied by always_deny admission rule"
	require.NoError(t, cluster(t).Create(t.Context(), bare("shop"), client.DryRunAll))
	distrust(t, registry)

	assert.EqualError(t, cluster(t).Create(t.Context(), bare("shop"), client.DryRunAll), words)

	pod := bare("shop")
	job := &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "distrusted"},
		Spec:       batchv1.JobSpec{Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: pod.Labels}, Spec: pod.Spec}},
	}
	require.NoError(t, cluster(t).Create(t.Context(), job))
	defer func() {
		require.NoError(t, cluster(t).Delete(context.Background(), job, client.PropagationPolicy("Background")))
	}()
	require.Eventually(t, func() bool {
		var events corev1.EventList
		require.NoError(t, cluster(t).List(t.Context(), &events, client.InNamespace("shop")))
		return slices.ContainsFunc(events.Items, func(e corev1.Event) bool {
			return e.Reason == "FailedCreate" && e.InvolvedObject.Name == job.Name && strings.HasSuffix(e.Message, words)
		})
	}, 20*time.Second, 100*time.Millisecond)
}

// distrust takes a registry's patterns from Binary Authorization's policy, until the test
// ends.
func distrust(t *testing.T, registry string) {
	t.Helper()
	urn := resource.NewURN("admission", "bastide", "", "gcp:binaryauthorization/policy:Policy", "cluster-image-policy")
	read, err := up.Cloud.Read(t.Context(), plugin.ReadRequest{URN: urn, ID: "projects/bastide-admission"})
	require.NoError(t, err)
	set := func(inputs resource.PropertyMap) {
		_, err := up.Cloud.Update(context.Background(), plugin.UpdateRequest{URN: urn, Type: urn.Type(), ID: read.ID, OldInputs: read.Inputs, NewInputs: inputs})
		require.NoError(t, err)
	}
	without := read.Inputs.Copy()
	patterns := without["admissionWhitelistPatterns"].ArrayValue()
	less := slices.DeleteFunc(slices.Clone(patterns), func(p resource.PropertyValue) bool {
		return strings.HasPrefix(p.ObjectValue()["namePattern"].StringValue(), registry)
	})
	require.Less(t, len(less), len(patterns))
	without["admissionWhitelistPatterns"] = resource.NewProperty(less)
	set(without)
	t.Cleanup(func() { set(read.Inputs) })
}

// Expressions have a budget in the API server, and one that exceeds it refuses
// everything. A pod of many images with long names is judged, to the last of them.
func TestEveryImageOfALargePodIsChecked(t *testing.T) {
	pod := bare(corpus.Home)
	for i := range 60 {
		another := *pod.Spec.Containers[0].DeepCopy()
		another.Name, another.Image = fmt.Sprintf("c%d", i), registry+"/"+strings.Repeat("x", 150)+":1"
		pod.Spec.Containers = append(pod.Spec.Containers, another)
	}
	assert.NoError(t, cluster(t).Create(t.Context(), pod, client.DryRunAll))
	pod = pod.DeepCopy()
	pod.ResourceVersion, pod.UID = "", ""
	pod.Spec.Containers[60].Image = "nginx"
	assert.ErrorContains(t, cluster(t).Create(t.Context(), pod, client.DryRunAll), `(refused: container "c59" has "nginx")`)
}
