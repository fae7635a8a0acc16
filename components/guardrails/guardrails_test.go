package guardrails_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/components"
	"bastide/components/guardrails"
	"bastide/environment"
	"bastide/environment/environmenttest"
	"bastide/internal/graph"
)

func small(t *testing.T, change map[string]any) *environment.Environment {
	t.Helper()
	settings := environmenttest.Small(t)
	settings.Set("bastide:namespaces", []any{"shop owner=team-shop", "billing owner=team-billing size=large"})
	for key, value := range change {
		settings.Set(key, value)
	}
	e, err := environment.Load(settings)
	require.NoError(t, err)
	return e
}

// record runs a program with guardrails of each name, and a ConfigMap in one of their
// namespaces.
func record(t *testing.T, e *environment.Environment, preview bool, names ...string) *graph.Graph {
	t.Helper()
	g, err := graph.Record(graph.Program{
		Run: func(ctx *pulumi.Context) error {
			clusterProvider, err := kubernetes.NewProvider(ctx, "elsewhere", &kubernetes.ProviderArgs{Kubeconfig: pulumi.String("{}")})
			if err != nil {
				return err
			}
			for _, name := range names {
				rails, err := guardrails.New(ctx, name, components.GuardrailsArgs(e, pulumi.String("the-key")), pulumi.Provider(clusterProvider))
				if err != nil {
					return err
				}
				if _, err := corev1.NewConfigMap(ctx, name+"-user", &corev1.ConfigMapArgs{
					Metadata: metav1.ObjectMetaArgs{Namespace: pulumi.String("shop"), Name: pulumi.String("user")},
				}, pulumi.Provider(clusterProvider), pulumi.DependsOn([]pulumi.Resource{rails.Namespace("shop")})); err != nil {
					return err
				}
			}
			return nil
		},
		Project: "test", Stack: "test", Preview: preview, GoogleProject: "acme", Region: "europe-west1",
	})
	require.NoError(t, err)
	return g
}

func TestTwoInstancesUseTheGivenProvider(t *testing.T) {
	for _, preview := range []bool{false, true} {
		g := record(t, small(t, nil), preview, "first", "second")
		for _, r := range g.Resources {
			if strings.HasPrefix(r.Type, "kubernetes:") {
				assert.Contains(t, r.Provider, "elsewhere", r.Name)
			}
		}
		assert.NotNil(t, g.Find("first-shop"))
		assert.NotNil(t, g.Find("second-shop"))
	}
}

// What depends on a namespace is created after its own guardrails and every admission
// policy.
func TestUsersOfANamespaceComeAfterItsGuardrails(t *testing.T) {
	e := small(t, nil)
	g := record(t, e, false, "g")
	user := g.Find("g-user")
	guards := []string{"quota", "limits", "default-deny", "allow-dns", "allow-same-namespace", "default-account", "viewer", "editor"}
	for _, guard := range guards {
		assert.True(t, g.DependsOn(user, "g-shop-"+guard), guard)
	}
	for _, rule := range append(slices.Clone(environment.AdmissionRules), "pod-defaults") {
		assert.True(t, g.DependsOn(user, "g-"+rule+"-binding"), rule)
		assert.True(t, g.DependsOn(g.Find("g-"+rule+"-binding"), "g-"+rule), "a binding without its policy is a gap")
	}
}

func TestRulesDenyUnlessTheyAreWarnOnly(t *testing.T) {
	g := record(t, small(t, map[string]any{"bastide:warnOnly": []any{"seccomp"}}), false, "g")
	bindings := g.Of("kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding")
	assert.Len(t, bindings, len(environment.AdmissionRules))
	for _, binding := range bindings {
		want := []any{"Deny", "Audit"}
		if binding.Name == "g-seccomp-binding" {
			want = []any{"Warn", "Audit"}
		}
		assert.Equal(t, want, spec(binding)["validationActions"], binding.Name)
	}
	for _, policy := range g.Of("kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy") {
		assert.Equal(t, "Fail", spec(policy)["failurePolicy"], policy.Name)
	}
}

func spec(r graph.Resource) map[string]any { return r.Plain()["spec"].(map[string]any) }

func TestBindingsSelectNamespacesByNameOnly(t *testing.T) {
	g := record(t, small(t, map[string]any{"bastide:systemNamespaces": []any{"gke-managed-new"}}), false, "g")
	seen := 0
	for _, kind := range []string{"ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicyBinding"} {
		for _, binding := range g.Of("kubernetes:admissionregistration.k8s.io/v1:" + kind) {
			resources, ok := spec(binding)["matchResources"].(map[string]any)
			if !ok {
				continue // it applies everywhere
			}
			seen++
			assert.Len(t, resources, 1, binding.Name)
			selector := resources["namespaceSelector"].(map[string]any)
			assert.Len(t, selector, 1, binding.Name)
			expressions := selector["matchExpressions"].([]any)
			require.Len(t, expressions, 1, binding.Name)
			expression := expressions[0].(map[string]any)
			assert.Equal(t, "kubernetes.io/metadata.name", expression["key"], binding.Name)
			if expression["operator"] == "NotIn" {
				assert.Contains(t, expression["values"], "kube-system")
				assert.Contains(t, expression["values"], "gke-managed-new")
				assert.NotContains(t, expression["values"], "shop")
			} else {
				only := map[bool]string{true: "ci-jobs", false: "default"}[strings.Contains(binding.Name, "-job-")]
				assert.Equal(t, []any{only}, expression["values"], binding.Name)
			}
		}
	}
	assert.Greater(t, seen, 20)
}

// A LimitRange would set its default limit beside a larger request, which the API refuses.
func TestLimitRangesSetDefaultRequestsBySizeAndNoLimits(t *testing.T) {
	g := record(t, small(t, map[string]any{"bastide:namespaces": []any{"shop owner=ann size=small", "stock owner=ann size=large"}}), false, "g")
	ranges := g.Of("kubernetes:core/v1:LimitRange")
	require.Len(t, ranges, 5)
	for _, made := range ranges {
		limits := made.Plain()["spec"].(map[string]any)["limits"].([]any)
		require.Len(t, limits, 1, made.Name)
		for _, field := range []string{"default", "max", "min", "maxLimitRequestRatio"} {
			assert.NotContains(t, limits[0], field, made.Name)
		}
	}
	for name, cpu := range map[string]string{"g-shop-limits": "50m", "g-openbao-limits": "100m", "g-stock-limits": "150m"} {
		spec := g.Find(name).Plain()["spec"].(map[string]any)["limits"].([]any)[0].(map[string]any)
		assert.Equal(t, cpu, spec["defaultRequest"].(map[string]any)["cpu"], name)
	}
}

func TestNoMutatingPoliciesBeforeKubernetes136(t *testing.T) {
	g := record(t, small(t, map[string]any{"bastide:kubernetesVersion": "1.35"}), false, "g")
	assert.Empty(t, g.Of("kubernetes:admissionregistration.k8s.io/v1:MutatingAdmissionPolicy"))
	assert.Len(t, g.Of("kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy"), len(environment.AdmissionRules))
	labels := g.Find("g-shop").Plain()["metadata"].(map[string]any)["labels"].(map[string]any)
	assert.Equal(t, "v1.35", labels["pod-security.kubernetes.io/enforce-version"])
}

func TestNamespacesAreProtectedWhereTheEnvironmentIs(t *testing.T) {
	for _, protected := range []bool{true, false} {
		g := record(t, small(t, map[string]any{"bastide:deletionProtection": protected}), false, "g")
		assert.Equal(t, protected, g.Find("g-shop").Protect)
	}
}

// CIS GKE 4.1.1 to 4.1.3, 4.1.7.
func TestRolesAllowNoWildcardsSecretReadsOrEscalation(t *testing.T) {
	g := record(t, small(t, map[string]any{"bastide:rbacGroup": "gke-security-groups@example.com"}), false, "g")
	roles := g.Of("kubernetes:rbac.authorization.k8s.io/v1:Role")
	require.Len(t, roles, 4)
	for _, role := range roles {
		for _, rule := range role.Plain()["rules"].([]any) {
			rule := rule.(map[string]any)
			for _, field := range []string{"verbs", "resources", "apiGroups"} {
				assert.NotContains(t, rule[field], "*", role.Name)
			}
			for _, verb := range []string{"bind", "escalate", "impersonate"} {
				assert.NotContains(t, rule["verbs"], verb, role.Name)
			}
			if slices.Contains(rule["resources"].([]any), any("secrets")) {
				// A patch and a deletion return the object.
				for _, verb := range []string{"get", "list", "watch", "patch", "delete", "deletecollection"} {
					assert.NotContains(t, rule["verbs"], verb, role.Name)
				}
			}
			for _, resource := range []string{"roles", "rolebindings", "networkpolicies", "resourcequotas", "limitranges", "pods/exec", "serviceaccounts/token"} {
				if slices.Contains(rule["resources"].([]any), any(resource)) {
					assert.NotContains(t, rule["verbs"], "create", "%s %s", role.Name, resource)
				}
			}
		}
	}
	assert.Len(t, g.Of("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"), 4)
	assert.Empty(t, g.Of("kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding"))
}

func TestEncryptedAdminRangesAreMasked(t *testing.T) {
	settings := environmenttest.Small(t)
	settings.Set("bastide:namespaces", []any{"shop owner=team-shop"})
	settings.Secrets = append(settings.Secrets, "bastide:adminCidrs")
	e, err := environment.Load(settings)
	require.NoError(t, err)
	for _, r := range record(t, e, false, "g").Resources {
		assert.NotContains(t, strings.Join(flat(r.Plain()), "\n"), "203.0.113.7", r.Name)
	}
}

// flat lists all strings in a value.
func flat(value any) (texts []string) {
	switch value := value.(type) {
	case map[string]any:
		for _, element := range value {
			texts = append(texts, flat(element)...)
		}
	case []any:
		for _, element := range value {
			texts = append(texts, flat(element)...)
		}
	case string:
		texts = append(texts, value)
	}
	return texts
}

func TestOnlyClientNamespacesHaveTheOpenBaoLabel(t *testing.T) {
	settings := environmenttest.Small(t).Set("bastide:namespaces", []any{"shop owner=a openbao=client", "billing owner=b"})
	g := graph.Of(t, settings)
	marked := map[string]bool{}
	for _, r := range g.Of("kubernetes:core/v1:Namespace") {
		_, marked[r.Name] = r.Plain()["metadata"].(map[string]any)["labels"].(map[string]any)[environment.OpenBaoClientLabel]
	}
	assert.Equal(t, map[string]bool{
		"guardrails-openbao": false, "guardrails-shop": true, "guardrails-billing": false, "guardrails-ci-system": false, "guardrails-ci-jobs": false,
	}, marked)
}

// A pod stays pending if its node can't attach the volume's disk type.
func TestStorageClassesUseADiskTypeThatTheGeneralPoolSupports(t *testing.T) {
	for want, change := range map[string]map[string]any{
		"pd-balanced":        nil,
		"hyperdisk-balanced": {"bastide:generalMachineType": "n4-standard-4", "bastide:generalDiskType": "hyperdisk-balanced"},
	} {
		classes := record(t, small(t, change), false, "guardrails").Of("kubernetes:storage.k8s.io/v1:StorageClass")
		require.Len(t, classes, 2)
		for _, class := range classes {
			kind, err := class.Value("parameters.type")
			require.NoError(t, err)
			assert.Equal(t, want, kind)
		}
	}
}
