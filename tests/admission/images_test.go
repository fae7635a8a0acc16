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

// The rule and Binary Authorization agree, so an image that the rule allows is admitted. If a
// pattern is removed from Binary Authorization's policy alone, the pod is refused with
// Google's message, also if a controller creates it.
func TestAnImageThatOnlyTheRuleAcceptsIsRefusedByBinaryAuthorization(t *testing.T) {
	message := `admission webhook "imagepolicywebhook.image-policy.k8s.io" denied the request: Image ` + registry + "/web:1" +
		" denied by Binary Authorization default admission rule. Denied by always_deny admission rule"
	require.NoError(t, cluster(t).Create(t.Context(), bare("shop"), client.DryRunAll))
	disallow(t, registry)

	assert.EqualError(t, cluster(t).Create(t.Context(), bare("shop"), client.DryRunAll), message)

	pod := bare("shop")
	job := &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "disallowed"},
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
			return e.Reason == "FailedCreate" && e.InvolvedObject.Name == job.Name && strings.HasSuffix(e.Message, message)
		})
	}, 20*time.Second, 100*time.Millisecond)
}

// disallow removes a registry's patterns from Binary Authorization's policy until the end of
// the test.
func disallow(t *testing.T, registry string) {
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

// The API server limits the cost of an expression, and a policy that exceeds the limit
// refuses everything. A pod with many long image names stays below it, and every image counts.
func TestEveryImageOfALargePodIsChecked(t *testing.T) {
	pod := bare(corpus.Namespace)
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
