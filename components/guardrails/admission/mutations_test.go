package admission

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/traits"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/structpb"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/cel/common"
	celenvironment "k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/cel/library"
	"k8s.io/apiserver/pkg/cel/mutation"

	"bastide/components/guardrails/sizes"
	"bastide/environment"
)

// mutate applies the JSON patches of a policy to a pod as the API server does: one after the
// other, with a round trip through the pod's Go type in between. tests/admission uses a real
// API server.
func mutate(t *testing.T, patches []Patch, namespace string, pod corev1.Pod) corev1.Pod {
	t.Helper()
	set, err := celenvironment.MustBaseEnvSet(version.MajorMinor(1, 36)).Extend(celenvironment.VersionedOptions{
		IntroducedVersion: version.MajorMinor(1, 0),
		EnvOptions: []cel.EnvOption{
			cel.Variable("object", cel.DynType), cel.Variable("request", cel.DynType),
			common.ResolverEnvOption(&mutation.DynamicTypeResolver{}), celenvironment.UnversionedLib(library.JSONPatch),
		},
	})
	require.NoError(t, err)
	for _, patch := range patches {
		require.Equal(t, "JSONPatch", patch.Type)
		before, err := json.Marshal(pod)
		require.NoError(t, err)
		var object map[string]any
		require.NoError(t, json.Unmarshal(before, &object))
		ast, issues := set.StoredExpressionsEnv().Compile(patch.Expression)
		require.NoError(t, issues.Err(), patch.Expression)
		program, err := set.StoredExpressionsEnv().Program(ast)
		require.NoError(t, err)
		value, _, err := program.Eval(map[string]any{"object": object, "request": map[string]any{"namespace": namespace}})
		require.NoError(t, err, patch.Expression)
		text, err := json.Marshal(operations(t, value.(traits.Lister)))
		require.NoError(t, err)
		decoded, err := jsonpatch.DecodePatch(text)
		require.NoError(t, err)
		after, err := decoded.Apply(before)
		require.NoError(t, err, "%s", text)
		pod = corev1.Pod{}
		require.NoError(t, json.Unmarshal(after, &pod))
	}
	return pod
}

// operations are the operations of a JSON patch that a CEL expression returned.
func operations(t *testing.T, list traits.Lister) []map[string]any {
	t.Helper()
	all := []map[string]any{}
	for it := list.Iterator(); it.HasNext() == types.True; {
		step := it.Next().(*mutation.JSONPatchVal)
		value, err := step.Val.ConvertToNative(reflect.TypeFor[*structpb.Value]())
		require.NoError(t, err)
		all = append(all, map[string]any{"op": step.Op, "path": step.Path, "value": value.(*structpb.Value).AsInterface()})
	}
	return all
}

func TestMissingLimitsAreSetByTheSizeOfTheNamespace(t *testing.T) {
	p := Params{Bounds: map[string]sizes.Bounds{"shop": sizes.Workloads("small"), "stock": sizes.Workloads("large"), "ci-jobs": sizes.Jobs("small")}}
	list := func(memory, disk string) corev1.ResourceList {
		all := corev1.ResourceList{}
		for name, text := range map[corev1.ResourceName]string{corev1.ResourceMemory: memory, corev1.ResourceEphemeralStorage: disk} {
			if text != "" {
				all[name] = resource.MustParse(text)
			}
		}
		return all
	}
	for name, c := range map[string]struct {
		namespace          string
		request, limit, to corev1.ResourceList
	}{
		"no limits, small":             {"shop", nil, nil, list("256Mi", "512Mi")},
		"no limits, large":             {"stock", nil, nil, list("768Mi", "2Gi")},
		"no limits, a job":             {"ci-jobs", nil, nil, list("2Gi", "20Gi")},
		"no limits, another namespace": {"other", nil, nil, list("256Mi", "512Mi")},
		"less than the default":        {"shop", list("64Mi", "64Mi"), nil, list("256Mi", "512Mi")},
		"more memory":                  {"shop", list("400Mi", ""), nil, list("400Mi", "512Mi")},
		"as much disk":                 {"shop", list("", "512Mi"), nil, list("256Mi", "512Mi")},
		"more of both, elsewhere":      {"shop", list("1G", "0.5Ti"), nil, list("1G", "0.5Ti")},
		"one limit is set":             {"shop", list("10Mi", "600Mi"), list("20Mi", ""), list("20Mi", "600Mi")},
		"both limits are set":          {"shop", list("400Mi", ""), list("800Mi", "1Gi"), list("800Mi", "1Gi")},
	} {
		pod := corev1.Pod{Spec: corev1.PodSpec{
			InitContainers: []corev1.Container{{Name: "first", Resources: corev1.ResourceRequirements{Requests: c.request, Limits: c.limit}}},
			Containers:     []corev1.Container{{Name: "other", Resources: corev1.ResourceRequirements{Limits: list("1Mi", "1Mi")}}, {Name: "main", Resources: corev1.ResourceRequirements{Requests: c.request, Limits: c.limit}}},
		}}
		filled := mutate(t, limits(p), c.namespace, pod)
		for _, container := range []corev1.Container{filled.Spec.InitContainers[0], filled.Spec.Containers[1]} {
			for resource, want := range c.to {
				has := container.Resources.Limits[resource]
				assert.Zero(t, want.Cmp(has), "%s: %s of %s is %s", name, resource, container.Name, has.String())
			}
		}
		assert.Equal(t, list("1Mi", "1Mi"), filled.Spec.Containers[0].Resources.Limits, name)
		assert.Equal(t, filled.Spec, mutate(t, limits(p), c.namespace, filled).Spec, "%s: applying it twice changes nothing more", name)
	}
}

func TestJobsGetTheSelectorAndTolerationsOfTheirPool(t *testing.T) {
	p := Params{Taint: environment.Taint{Key: "acme.com/role", Value: "builds", Effect: "NoSchedule"}, Jobs: JobParams{Namespaces: []string{"ci-jobs"}, Sandbox: true}}
	patches := slices.DeleteFunc(placements(p), func(patch Patch) bool { return patch.Type != "JSONPatch" })
	want := map[string]string{"acme.com/role": "builds", "sandbox.gke.io/runtime": "gvisor"}
	assert.Equal(t, want, mutate(t, patches, "ci-jobs", corev1.Pod{}).Spec.NodeSelector)

	want["disk"] = "fast"
	filled := mutate(t, patches, "ci-jobs", corev1.Pod{Spec: corev1.PodSpec{NodeSelector: map[string]string{"disk": "fast"}}})
	assert.Equal(t, want, filled.Spec.NodeSelector)
	assert.Len(t, filled.Spec.Tolerations, 2)

	elsewhere := corev1.Pod{Spec: corev1.PodSpec{NodeSelector: map[string]string{"acme.com/role": "other"}}}
	assert.Equal(t, "other", mutate(t, patches, "ci-jobs", elsewhere).Spec.NodeSelector["acme.com/role"], "left for the rule to refuse")
}
