package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// needsColour is a rule for software that starts only if a mounted ConfigMap names a
// colour. It ignores pods that mount none.
func needsColour(ctx context.Context, objects client.Reader, pod *corev1.Pod) error {
	for _, volume := range pod.Spec.Volumes {
		if volume.ConfigMap == nil {
			continue
		}
		var settings corev1.ConfigMap
		key := client.ObjectKey{Namespace: pod.Namespace, Name: volume.ConfigMap.Name}
		if err := objects.Get(ctx, key, &settings); err != nil {
			return err
		}
		if settings.Data["colour"] == "" {
			return fmt.Errorf("%s names no colour", key.Name)
		}
	}
	return nil
}

// ruled is a provider of a host with a rule.
func ruled(t *testing.T, rule StartRule) *Provider {
	t.Helper()
	host.Starts = rule
	t.Cleanup(func() { host.Starts = nil })
	return configured(t)
}

// painter is a workload whose pod mounts a ConfigMap.
func painter(apiVersion, kind, settings string) resource.PropertyMap {
	labels := map[string]any{"kind": kind}
	pod := map[string]any{
		"containers": []any{map[string]any{"name": "painter", "image": "example.com/painter"}},
		"volumes":    []any{map[string]any{"name": "settings", "configMap": map[string]any{"name": settings}}},
	}
	spec := map[string]any{"template": map[string]any{"metadata": map[string]any{"labels": labels}, "spec": pod}}
	if kind == "Job" {
		pod["restartPolicy"] = "Never"
	} else {
		spec["selector"] = map[string]any{"matchLabels": labels}
	}
	return object(apiVersion, kind, "painters", "painter", map[string]any{"spec": spec})
}

func TestWorkloadIsNotReadyIfTheStartRuleFailsForAPod(t *testing.T) {
	p := ruled(t, needsColour)
	namespace(t, p, "painters")
	pool(t, "painters", "europe-west1-b")
	create(t, p, configMap, object("v1", "ConfigMap", "painters", "red", map[string]any{"data": map[string]any{"colour": "red"}}))
	create(t, p, configMap, object("v1", "ConfigMap", "painters", "none", nil))
	for kind, each := range map[string]struct{ apiVersion, pod string }{
		"StatefulSet": {"apps/v1", "painter-0"},
		"Deployment":  {"apps/v1", `painter-[0-9a-z]+-[0-9a-z]{5}`},
		"DaemonSet":   {"apps/v1", `painter-[0-9a-z]{5}`},
		"Job":         {"batch/v1", `painter-[0-9a-z]{5}`},
	} {
		t.Run(kind, func(t *testing.T) {
			token := "kubernetes:" + each.apiVersion + ":" + kind
			made, err := p.Create(t.Context(), request(token, painter(each.apiVersion, kind, "none")))
			var failed *plugin.InitError
			require.ErrorAs(t, err, &failed)
			require.Len(t, failed.Reasons, 1)
			assert.Regexp(t, "^"+kind+" painters/painter is not ready: pod "+each.pod+" would crash: none names no colour$", failed.Reasons[0])
			assert.Equal(t, resource.StatusPartialFailure, made.Status)
			assert.Equal(t, resource.ID("painters/painter"), made.ID, "the object exists, so it is in the state")
			if kind == "Job" {
				return // its pods never change
			}
			u := urn(token)
			_, err = p.Update(t.Context(), plugin.UpdateRequest{
				URN: u, Type: u.Type(), ID: made.ID, Timeout: 30,
				OldInputs: painter(each.apiVersion, kind, "none"), NewInputs: painter(each.apiVersion, kind, "red"),
			})
			assert.NoError(t, err, "pods that were deleted don't count")
		})
	}
}

// A pod may take some time to end, and the provider does not wait for it.
func TestStartRuleIgnoresPodsThatAreBeingDeleted(t *testing.T) {
	p := ruled(t, func(_ context.Context, _ client.Reader, pod *corev1.Pod) error {
		if pod.Spec.Containers[0].Image == "example.com/bad" {
			return errors.New("bad")
		}
		return nil
	})
	namespace(t, p, "going")
	pool(t, "going", "europe-west1-b")
	labels := map[string]any{"app": "web"}
	web := func(image string) resource.PropertyMap {
		return object("apps/v1", "Deployment", "going", "web", map[string]any{"spec": map[string]any{
			"selector": map[string]any{"matchLabels": labels},
			"template": map[string]any{
				"metadata": map[string]any{"labels": labels, "finalizers": []any{"example.com/held"}},
				"spec":     map[string]any{"containers": []any{map[string]any{"name": "web", "image": "example.com/" + image}}},
			},
		}})
	}
	made, err := p.Create(t.Context(), request(deployment, web("bad")))
	require.ErrorContains(t, err, "would crash: bad")
	u := urn(deployment)
	_, err = p.Update(t.Context(), plugin.UpdateRequest{
		URN: u, Type: u.Type(), ID: made.ID, OldInputs: web("bad"), NewInputs: web("good"), Timeout: 10,
	})
	require.NoError(t, err)
	var pods corev1.PodList
	require.NoError(t, direct(t).List(t.Context(), &pods, client.InNamespace("going")))
	assert.Len(t, pods.Items, 2, "one of them is being deleted")
}

func TestStartRuleAppliesToTheWorkloadsOwnPodsOnly(t *testing.T) {
	p := ruled(t, func(context.Context, client.Reader, *corev1.Pod) error { return errors.New("never") })
	namespace(t, p, "asked")
	pool(t, "asked", "europe-west1-b")
	_, err := p.Create(t.Context(), request(statefulSet, store("asked", 1, nil)))
	require.ErrorContains(t, err, "never")

	// A Deployment without pods, beside a pod that would crash.
	labels := map[string]any{"app": "store"}
	idle := object("apps/v1", "Deployment", "asked", "idle", map[string]any{"spec": map[string]any{
		"replicas": 0, "selector": map[string]any{"matchLabels": labels}, "template": map[string]any{
			"metadata": map[string]any{"labels": labels},
			"spec":     map[string]any{"containers": []any{map[string]any{"name": "store", "image": "example.com/store"}}},
		},
	}})
	create(t, p, deployment, idle)

	// A workload that the provider does not wait for.
	idle["metadata"] = resource.NewProperty(resource.NewPropertyMapFromMap(map[string]any{
		"name": "unasked", "namespace": "asked", "annotations": map[string]any{"pulumi.com/skipAwait": "true"},
	}))
	idle["spec"].ObjectValue()["replicas"] = resource.NewProperty(1.0)
	create(t, p, deployment, idle)
}
