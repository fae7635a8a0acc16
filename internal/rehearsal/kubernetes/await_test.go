package kubernetes

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	job     = "kubernetes:batch/v1:Job"
	service = "kubernetes:core/v1:Service"
)

// unready creates an object that must not become ready, and returns the reason.
func unready(t *testing.T, p *Provider, token string, inputs resource.PropertyMap) string {
	t.Helper()
	asked := request(token, inputs)
	asked.Timeout = 1
	made, err := p.Create(t.Context(), asked)
	var failed *plugin.InitError
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, resource.StatusPartialFailure, made.Status)
	require.Len(t, failed.Reasons, 1)
	return failed.Reasons[0]
}

func TestAwaitWaitsForThePodsOfAnOnDeleteStatefulSet(t *testing.T) {
	p := configured(t)
	namespace(t, p, "by-hand")
	pool(t, "by-hand", "europe-west1-b")
	byHand := func(replicas int, service string) resource.PropertyMap {
		inputs := store("by-hand", replicas, map[string]any{"updateStrategy": map[string]any{"type": "OnDelete"}})
		container := inputs["spec"].ObjectValue()["template"].ObjectValue()["spec"].ObjectValue()["containers"].ArrayValue()[0]
		container.ObjectValue()["image"] = resource.NewProperty("example.com/" + service)
		return inputs
	}
	ready := func() int32 {
		var found appsv1.StatefulSet
		require.NoError(t, direct(t).Get(t.Context(), client.ObjectKey{Namespace: "by-hand", Name: "store"}, &found))
		return found.Status.ReadyReplicas
	}
	made := create(t, p, statefulSet, byHand(2, "store"))
	assert.EqualValues(t, 2, ready())

	update := func(olds, news resource.PropertyMap) {
		u := urn(statefulSet)
		_, err := p.Update(t.Context(), plugin.UpdateRequest{URN: u, Type: u.Type(), ID: made.ID, OldInputs: olds, NewInputs: news, Timeout: 30})
		require.NoError(t, err)
	}
	update(byHand(2, "store"), byHand(3, "store"))
	assert.EqualValues(t, 3, ready())
	update(byHand(3, "store"), byHand(3, "newer"))
	var pod corev1.Pod
	require.NoError(t, direct(t).Get(t.Context(), client.ObjectKey{Namespace: "by-hand", Name: "store-0"}, &pod))
	assert.Equal(t, "example.com/store", pod.Spec.Containers[0].Image, "OnDelete leaves the old pods, and the provider does not wait for new ones")
	remove(t, p, statefulSet, made)

	nowhere := byHand(1, "store")
	nowhere["spec"].ObjectValue()["template"].ObjectValue()["spec"].ObjectValue()["nodeSelector"] = resource.NewProperty(
		resource.PropertyMap{"no": resource.NewProperty("where")})
	assert.Equal(t, "StatefulSet by-hand/store is not ready: Ready: 0/1", unready(t, p, statefulSet, nowhere))
}

// work is the pod of a Job or a CronJob, which ends.
func work(node map[string]any) map[string]any {
	return map[string]any{"template": map[string]any{"spec": map[string]any{
		"restartPolicy": "Never", "nodeSelector": node,
		"containers": []any{map[string]any{"name": "work", "image": "example.com/work"}},
	}}}
}

func TestAwaitWaitsUntilAJobCompletes(t *testing.T) {
	p := configured(t)
	namespace(t, p, "work")
	pool(t, "work", "europe-west1-b")
	create(t, p, job, object("batch/v1", "Job", "work", "once", map[string]any{"spec": work(nil)}))
	var found batchv1.Job
	require.NoError(t, direct(t).Get(t.Context(), client.ObjectKey{Namespace: "work", Name: "once"}, &found))
	assert.EqualValues(t, 1, found.Status.Succeeded)

	never := object("batch/v1", "Job", "work", "never", map[string]any{"spec": work(map[string]any{"no": "where"})})
	assert.Equal(t, "Job work/never is not ready: active: 1, succeeded: 0, failed: 0", unready(t, p, job, never))
}

// No controller makes these ready, neither here nor on GKE, and the provider does not
// wait for that.
func TestAwaitDoesNotWaitForObjectsWithoutAController(t *testing.T) {
	p := configured(t)
	namespace(t, p, "alone")
	port := []any{map[string]any{"port": 8200}}
	labels := map[string]any{"app": "nothing"}
	for name, each := range map[string]struct {
		token  string
		inputs resource.PropertyMap
	}{
		"headless service": {service, object("v1", "Service", "alone", "headless", map[string]any{"spec": map[string]any{"clusterIP": "None", "selector": labels, "ports": port}})},
		"service":          {service, object("v1", "Service", "alone", "service", map[string]any{"spec": map[string]any{"selector": labels, "ports": port}})},
		"claim that waits": {volumeClaim, object("v1", "PersistentVolumeClaim", "alone", "waits", map[string]any{"spec": claim("standard-rwo")})},
		"cron job": {"kubernetes:batch/v1:CronJob", object("batch/v1", "CronJob", "alone", "nightly", map[string]any{"spec": map[string]any{
			"schedule": "0 3 * * *", "jobTemplate": map[string]any{"spec": work(nil)},
		}})},
		"disruption budget": {"kubernetes:policy/v1:PodDisruptionBudget", object("policy/v1", "PodDisruptionBudget", "alone", "budget", map[string]any{"spec": map[string]any{
			"minAvailable": 2, "selector": map[string]any{"matchLabels": labels},
		}})},
	} {
		t.Run(name, func(t *testing.T) {
			asked := request(each.token, each.inputs)
			asked.Timeout = 5
			made, err := p.Create(t.Context(), asked)
			require.NoError(t, err)
			u := urn(each.token)
			_, err = p.Update(t.Context(), plugin.UpdateRequest{URN: u, Type: u.Type(), ID: made.ID, OldInputs: each.inputs, NewInputs: each.inputs, Timeout: 5})
			assert.NoError(t, err)
		})
	}
}
