package kubernetes

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	configMap      = "kubernetes:core/v1:ConfigMap"
	secret         = "kubernetes:core/v1:Secret"
	deployment     = "kubernetes:apps/v1:Deployment"
	serviceAccount = "kubernetes:core/v1:ServiceAccountPatch"
)

func diff(t *testing.T, p *Provider, token string, olds, news resource.PropertyMap) plugin.DiffResult {
	t.Helper()
	u := urn(token)
	result, err := p.Diff(t.Context(), plugin.DiffRequest{URN: u, Type: u.Type(), OldInputs: olds, NewInputs: news})
	require.NoError(t, err)
	return result
}

func TestConfigureAcceptsTheKubeconfigOfItsOwnClusterOnly(t *testing.T) {
	for name, config := range map[string]resource.PropertyMap{
		"none":      {},
		"elsewhere": {"kubeconfig": resource.NewProperty(kubeconfig(t, func(server *string, _ *[]byte) { *server = "https://203.0.113.1" }))},
		"in clear":  {"kubeconfig": resource.NewProperty(kubeconfig(t, func(server *string, _ *[]byte) { *server = strings.Replace(*server, "https", "http", 1) }))},
		"imposter":  {"kubeconfig": resource.NewProperty(kubeconfig(t, func(_ *string, authority *[]byte) { *authority = []byte("other") }))},
		"a path":    {"kubeconfig": resource.NewProperty(host.ControlPlane().Kubeconfig)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(host).Configure(t.Context(), plugin.ConfigureRequest{Inputs: config})
			assert.ErrorContains(t, err, "kubeconfig")
		})
	}
}

func TestObjectLifecycleFromPreviewToDelete(t *testing.T) {
	p := configured(t)
	inputs := object("v1", "ConfigMap", "life", "settings", map[string]any{"data": map[string]any{"colour": "blue"}})

	preview := request(configMap, inputs)
	preview.Preview = true
	planned, err := p.Create(t.Context(), preview)
	require.NoError(t, err, "the namespace does not exist yet")
	assert.Equal(t, inputs, planned.Properties)

	namespace(t, p, "life")
	planned, err = p.Create(t.Context(), preview)
	require.NoError(t, err)
	assert.NotContains(t, planned.Properties["metadata"].ObjectValue(), resource.PropertyKey("uid"), "the uid of a dry run is not kept")
	var found corev1.ConfigMap
	key := client.ObjectKey{Namespace: "life", Name: "settings"}
	require.True(t, apierrors.IsNotFound(direct(t).Get(t.Context(), key, &found)), "a preview creates nothing")

	made := create(t, p, configMap, inputs)
	assert.Equal(t, resource.ID("life/settings"), made.ID)
	_, err = p.Create(t.Context(), request(configMap, inputs))
	assert.ErrorContains(t, err, `configmaps "settings" already exists`)

	assert.Equal(t, plugin.DiffNone, diff(t, p, configMap, inputs, inputs).Changes)
	changed := object("v1", "ConfigMap", "life", "settings", map[string]any{"data": map[string]any{"colour": "red"}})
	assert.Equal(t, []resource.PropertyKey{"data"}, diff(t, p, configMap, inputs, changed).ReplaceKeys, "a change of a ConfigMap's contents replaces it")
	labelled := object("v1", "ConfigMap", "life", "settings", map[string]any{"data": map[string]any{"colour": "blue"}, "immutable": false})
	relabelled := diff(t, p, configMap, inputs, labelled)
	assert.Equal(t, []resource.PropertyKey{"immutable"}, relabelled.ChangedKeys)
	assert.Empty(t, relabelled.ReplaceKeys)
	elsewhere := object("v1", "ConfigMap", "default", "settings", map[string]any{"data": map[string]any{"colour": "blue"}})
	assert.NotEmpty(t, diff(t, p, configMap, inputs, elsewhere).ReplaceKeys)

	u := urn(configMap)
	_, err = p.Update(t.Context(), plugin.UpdateRequest{URN: u, Type: u.Type(), ID: made.ID, OldInputs: inputs, NewInputs: changed})
	require.NoError(t, err)
	require.NoError(t, direct(t).Get(t.Context(), key, &found))
	assert.Equal(t, map[string]string{"colour": "red"}, found.Data)

	_, err = p.Delete(t.Context(), plugin.DeleteRequest{URN: u, Type: u.Type(), ID: made.ID, Inputs: changed})
	require.NoError(t, err)
	assert.True(t, apierrors.IsNotFound(direct(t).Get(t.Context(), key, &found)))
	_, err = p.Update(t.Context(), plugin.UpdateRequest{URN: u, Type: u.Type(), ID: made.ID, OldInputs: inputs, NewInputs: changed})
	assert.ErrorContains(t, err, "not found", "an update does not silently create an object that is gone")
}

func TestDiffAndReadShowDrift(t *testing.T) {
	p := configured(t)
	namespace(t, p, "drift")
	inputs := object("v1", "ConfigMap", "drift", "settings", map[string]any{"data": map[string]any{"colour": "blue"}})
	made := create(t, p, configMap, inputs)

	var found corev1.ConfigMap
	require.NoError(t, direct(t).Get(t.Context(), client.ObjectKey{Namespace: "drift", Name: "settings"}, &found))
	found.Data["colour"] = "green"
	found.Labels = map[string]string{"somebody": "else"}
	require.NoError(t, direct(t).Update(t.Context(), &found))

	u := urn(configMap)
	read, err := p.Read(t.Context(), plugin.ReadRequest{URN: u, Type: u.Type(), ID: made.ID, Inputs: inputs, State: made.Properties})
	require.NoError(t, err)
	want := object("v1", "ConfigMap", "drift", "settings", map[string]any{"data": map[string]any{"colour": "green"}})
	assert.Equal(t, want, read.Inputs, "the live values of the program's fields only")

	// Another field manager owns the field now, so the server reports a conflict.
	_, err = p.Diff(t.Context(), plugin.DiffRequest{URN: u, Type: u.Type(), OldInputs: inputs, NewInputs: inputs})
	assert.ErrorContains(t, err, "conflict")

	require.NoError(t, direct(t).Delete(t.Context(), &found))
	read, err = p.Read(t.Context(), plugin.ReadRequest{URN: u, Type: u.Type(), ID: made.ID, Inputs: inputs, State: made.Properties})
	require.NoError(t, err)
	assert.Empty(t, read.ID)
}

func TestDiffReplacesAnObjectWhoseImmutableFieldChanges(t *testing.T) {
	p := configured(t)
	namespace(t, p, "immutable")
	web := func(app string) resource.PropertyMap {
		labels := map[string]any{"app": app}
		return object("apps/v1", "Deployment", "immutable", "web", map[string]any{"spec": map[string]any{
			"replicas": 0, "selector": map[string]any{"matchLabels": labels},
			"template": map[string]any{
				"metadata": map[string]any{"labels": labels},
				"spec":     map[string]any{"containers": []any{map[string]any{"name": "web", "image": "example.com/web"}}},
			},
		}})
	}
	create(t, p, deployment, web("a"))
	result := diff(t, p, deployment, web("a"), web("b"))
	assert.Equal(t, []resource.PropertyKey{"spec"}, result.ReplaceKeys)
	assert.True(t, result.DeleteBeforeReplace, "two objects can't have the same name")
}

// If the provider does not replace the object, the server refuses the dry run.
func TestPreviewFailsForImmutableFieldsWithoutReplacement(t *testing.T) {
	p := configured(t)
	class := func(reclaim string) resource.PropertyMap {
		return object("storage.k8s.io/v1", "StorageClass", "", "kept", map[string]any{"provisioner": "example.com/disk", "reclaimPolicy": reclaim})
	}
	const storageClass = "kubernetes:storage.k8s.io/v1:StorageClass"
	create(t, p, storageClass, class("Retain"))
	u := urn(storageClass)
	_, err := p.Diff(t.Context(), plugin.DiffRequest{URN: u, Type: u.Type(), OldInputs: class("Retain"), NewInputs: class("Delete")})
	assert.ErrorContains(t, err, "reclaimPolicy: Invalid value")
}

func TestErrorsQuoteTheServersMessages(t *testing.T) {
	p := configured(t)
	for text, inputs := range map[string]resource.PropertyMap{
		"field not declared in schema":   object("v1", "ConfigMap", "default", "typo", map[string]any{"dota": map[string]any{}}),
		`namespaces "nowhere" not found`: object("v1", "ConfigMap", "nowhere", "x", nil),
		`no matches for kind "Gizmo"`:    object("example.com/v1", "Gizmo", "default", "x", nil),
		"a lowercase RFC 1123 subdomain": object("v1", "ConfigMap", "default", "Bad_Name", nil),
	} {
		_, err := p.Create(t.Context(), request(configMap, inputs))
		assert.ErrorContains(t, err, text)
	}
}

func TestContentsOfSecretsAreMarkedSecret(t *testing.T) {
	p := configured(t)
	namespace(t, p, "secrets")
	inputs := object("v1", "Secret", "secrets", "password", map[string]any{"stringData": map[string]any{"password": "hunter2"}})

	u := urn(secret)
	checked, err := p.Check(t.Context(), plugin.CheckRequest{URN: u, Name: "x", Type: u.Type(), News: inputs})
	require.NoError(t, err)
	assert.True(t, checked.Properties["stringData"].IsSecret())

	made := create(t, p, secret, checked.Properties)
	require.True(t, made.Properties["data"].IsSecret())
	data := made.Properties["data"].SecretValue().Element.ObjectValue()
	assert.Equal(t, base64.StdEncoding.EncodeToString([]byte("hunter2")), data["password"].StringValue())

	read, err := p.Read(t.Context(), plugin.ReadRequest{URN: u, Type: u.Type(), ID: made.ID, Inputs: checked.Properties, State: made.Properties})
	require.NoError(t, err)
	assert.True(t, read.Outputs["data"].IsSecret())
}

func TestPreviewLeavesUnknownValuesOut(t *testing.T) {
	p := configured(t)
	inputs := object("v1", "ConfigMap", "default", "half", map[string]any{"data": map[string]any{"known": "yes"}})
	inputs["data"].ObjectValue()["unknown"] = resource.MakeComputed(resource.NewProperty(""))
	preview := request(configMap, inputs)
	preview.Preview = true
	planned, err := p.Create(t.Context(), preview)
	require.NoError(t, err)
	assert.True(t, planned.Properties["data"].ObjectValue()["unknown"].IsComputed())

	// An object that is invalid without the unknown value may be valid with it.
	inputs = object("v1", "Service", "default", "half", map[string]any{"spec": map[string]any{
		"ports": []any{map[string]any{"name": "http"}},
	}})
	inputs["spec"].ObjectValue()["ports"].ArrayValue()[0].ObjectValue()["port"] = resource.MakeComputed(resource.NewProperty(""))
	preview = request("kubernetes:core/v1:Service", inputs)
	preview.Preview = true
	_, err = p.Create(t.Context(), preview)
	assert.NoError(t, err)
	// An error that is unrelated to the unknown value is returned.
	preview.Properties = object("v1", "Service", "default", "half", map[string]any{"spec": map[string]any{"ports": []any{map[string]any{"port": 0}}}})
	_, err = p.Create(t.Context(), preview)
	assert.ErrorContains(t, err, "between 1 and 65535")
}

func TestPatchOwnsItsFieldsOnly(t *testing.T) {
	p := configured(t)
	namespace(t, p, "patched")
	inputs := object("v1", "ServiceAccount", "patched", "default", map[string]any{"automountServiceAccountToken": false})
	create(t, p, serviceAccount, inputs)

	var account corev1.ServiceAccount
	key := client.ObjectKey{Namespace: "patched", Name: "default"}
	require.NoError(t, direct(t).Get(t.Context(), key, &account))
	require.NotNil(t, account.AutomountServiceAccountToken)
	assert.False(t, *account.AutomountServiceAccountToken)

	u := urn(serviceAccount)
	_, err := p.Delete(t.Context(), plugin.DeleteRequest{URN: u, Type: u.Type(), ID: "patched/default", Inputs: inputs})
	require.NoError(t, err)
	account = corev1.ServiceAccount{}
	require.NoError(t, direct(t).Get(t.Context(), key, &account), "the account itself is not deleted")
	assert.Nil(t, account.AutomountServiceAccountToken)

}

func TestCreateWaitsUntilTheObjectIsReady(t *testing.T) {
	p := configured(t)
	namespace(t, p, "ready")
	require.NoError(t, host.AddNodes(t.Context(), NodePool{Name: "ready", MachineType: "e2-standard-4", MaxPods: 10, Zones: []string{"europe-west1-b"}}))
	t.Cleanup(func() { require.NoError(t, host.RemoveNodes(context.Background(), "ready")) })

	web := func(selector map[string]any) resource.PropertyMap {
		labels := map[string]any{"app": "web"}
		return object("apps/v1", "Deployment", "ready", "web", map[string]any{"spec": map[string]any{
			"replicas": 2, "progressDeadlineSeconds": 2, "selector": map[string]any{"matchLabels": labels},
			"template": map[string]any{
				"metadata": map[string]any{"labels": labels},
				"spec": map[string]any{
					"nodeSelector": selector,
					"containers":   []any{map[string]any{"name": "web", "image": "example.com/web"}},
				},
			},
		}})
	}
	create(t, p, deployment, web(map[string]any{poolLabel: "ready"}))
	var found appsv1.Deployment
	require.NoError(t, direct(t).Get(t.Context(), client.ObjectKey{Namespace: "ready", Name: "web"}, &found))
	assert.EqualValues(t, 2, found.Status.ReadyReplicas)

	u := urn(deployment)
	_, err := p.Delete(t.Context(), plugin.DeleteRequest{URN: u, Type: u.Type(), ID: "ready/web", Inputs: web(nil)})
	require.NoError(t, err)
	var pods corev1.PodList
	require.NoError(t, direct(t).List(t.Context(), &pods, client.InNamespace("ready")))
	assert.Empty(t, pods.Items, "dependents are deleted first")

	made, err := p.Create(t.Context(), request(deployment, web(map[string]any{"no": "where"})))
	var unready *plugin.InitError
	require.ErrorAs(t, err, &unready)
	assert.Equal(t, resource.StatusPartialFailure, made.Status)
	assert.Equal(t, resource.ID("ready/web"), made.ID, "the object exists, so it is in the state")
}

func TestDeletionWaitsForFinalizers(t *testing.T) {
	p := configured(t)
	inputs := object("v1", "ConfigMap", "default", "held", nil)
	made := create(t, p, configMap, inputs)
	var found corev1.ConfigMap
	require.NoError(t, direct(t).Get(t.Context(), client.ObjectKey{Namespace: "default", Name: "held"}, &found))
	found.Finalizers = []string{"example.com/held"}
	require.NoError(t, direct(t).Update(t.Context(), &found))

	u := urn(configMap)
	request := plugin.DeleteRequest{URN: u, Type: u.Type(), ID: made.ID, Inputs: inputs, Timeout: 0.5}
	_, err := p.Delete(t.Context(), request)
	require.ErrorContains(t, err, `its finalizers are ["example.com/held"]`)

	require.NoError(t, direct(t).Get(t.Context(), client.ObjectKeyFromObject(&found), &found))
	found.Finalizers = nil
	require.NoError(t, direct(t).Update(t.Context(), &found))
	_, err = p.Delete(t.Context(), request)
	require.NoError(t, err)
}

func TestNodesHaveThePropertiesOfTheirPool(t *testing.T) {
	pool := NodePool{
		Name: "builds", MachineType: "n2-highmem-8", MaxPods: 64, Zones: []string{"europe-west1-b", "europe-west1-c"},
		Labels: map[string]string{"role": "privileged"},
		Taints: []corev1.Taint{{Key: "role", Value: "privileged", Effect: corev1.TaintEffectNoSchedule}},
	}
	require.NoError(t, host.AddNodes(t.Context(), pool))
	var nodes corev1.NodeList
	require.NoError(t, direct(t).List(t.Context(), &nodes, client.MatchingLabels{"role": "privileged"}))
	require.Len(t, nodes.Items, 2)
	for i, node := range nodes.Items {
		assert.Equal(t, pool.Zones[i], node.Labels[corev1.LabelTopologyZone])
		assert.Equal(t, "europe-west1", node.Labels[corev1.LabelTopologyRegion])
		assert.Contains(t, node.Spec.Taints, pool.Taints[0])
		assert.Equal(t, "8", node.Status.Allocatable.Cpu().String())
		assert.Equal(t, "64Gi", node.Status.Allocatable.Memory().String())
		assert.Contains(t, ready(node), corev1.ConditionTrue)
	}
	require.NoError(t, host.RemoveNodes(t.Context(), "builds"))
	require.NoError(t, direct(t).List(t.Context(), &nodes, client.MatchingLabels{"role": "privileged"}))
	assert.Empty(t, nodes.Items)
}

func ready(node corev1.Node) (statuses []corev1.ConditionStatus) {
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			statuses = append(statuses, condition.Status)
		}
	}
	return statuses
}

func TestAutonamesAreGeneratedOnceAndKept(t *testing.T) {
	p := configured(t)
	u := urn(configMap)
	inputs := resource.NewPropertyMapFromMap(map[string]any{"apiVersion": "v1", "kind": "ConfigMap"})
	first, err := p.Check(t.Context(), plugin.CheckRequest{URN: u, Name: "x", Type: u.Type(), News: inputs, RandomSeed: []byte("seed")})
	require.NoError(t, err)
	name := first.Properties["metadata"].ObjectValue()["name"].StringValue()
	assert.Regexp(t, `^x-[0-9a-f]{8}$`, name)
	second, err := p.Check(t.Context(), plugin.CheckRequest{URN: u, Name: "x", Type: u.Type(), Olds: first.Properties, News: inputs, RandomSeed: []byte("other")})
	require.NoError(t, err)
	assert.Equal(t, first.Properties, second.Properties)
}

func TestCheckFailsOnceAComponentHasEnded(t *testing.T) {
	assert.NoError(t, host.ControlPlane().Check())
	_, _, err := host.StartCluster(t.Context())
	assert.ErrorContains(t, err, "one cluster at a time")
}
