package admission_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"bastide/environment"
)

// A warning of the API server's type checker is an expression that would fail later, on
// some object.
func TestNoExpressionHasATypeWarning(t *testing.T) {
	var policies admissionv1.ValidatingAdmissionPolicyList
	require.Eventually(t, func() bool {
		require.NoError(t, cluster(t).List(t.Context(), &policies))
		return !slices.ContainsFunc(policies.Items, func(p admissionv1.ValidatingAdmissionPolicy) bool {
			return p.Status.TypeChecking == nil
		})
	}, 30*time.Second, 200*time.Millisecond)
	assert.Len(t, policies.Items, len(environment.AdmissionRules))
	for _, policy := range policies.Items {
		assert.Empty(t, policy.Status.TypeChecking.ExpressionWarnings, policy.Name)
	}
}

// levels are the namespaces with guardrails, and the Pod Security level that each enforces.
var levels = map[string]string{"default": "restricted", "openbao": "restricted", "shop": "baseline", "billing": "baseline", "stock": "baseline", "ci-system": "restricted", "ci-jobs": "baseline"}

func TestEveryNamespaceHasGuardrails(t *testing.T) {
	for name, level := range levels {
		t.Run(name, func(t *testing.T) {
			var namespace corev1.Namespace
			require.NoError(t, cluster(t).Get(t.Context(), client.ObjectKey{Name: name}, &namespace))
			assert.Equal(t, level, namespace.Labels["pod-security.kubernetes.io/enforce"])
			assert.Equal(t, "restricted", namespace.Labels["pod-security.kubernetes.io/warn"])
			assert.Equal(t, "v1.36", namespace.Labels["pod-security.kubernetes.io/enforce-version"])

			var quotas corev1.ResourceQuotaList
			require.NoError(t, cluster(t).List(t.Context(), &quotas, client.InNamespace(name)))
			require.Len(t, quotas.Items, 1)
			assert.Contains(t, quotas.Items[0].Spec.Hard, corev1.ResourcePods)

			var account corev1.ServiceAccount
			require.NoError(t, cluster(t).Get(t.Context(), client.ObjectKey{Namespace: name, Name: "default"}, &account))
			assert.Equal(t, new(bool), account.AutomountServiceAccountToken)

			var deny networkingv1.NetworkPolicy
			require.NoError(t, cluster(t).Get(t.Context(), client.ObjectKey{Namespace: name, Name: "default-deny"}, &deny))
		})
	}
}

func TestNoTokenIsMountedByDefault(t *testing.T) {
	pod := bare("shop")
	require.NoError(t, cluster(t).Create(t.Context(), pod, client.DryRunAll))
	assert.Empty(t, pod.Spec.Volumes)
}

func TestOneStorageClassIsTheDefault(t *testing.T) {
	var classes storagev1.StorageClassList
	require.NoError(t, cluster(t).List(t.Context(), &classes))
	var defaults []string
	for _, class := range classes.Items {
		if class.Annotations["storageclass.kubernetes.io/is-default-class"] == "true" {
			defaults = append(defaults, class.Name)
			assert.Equal(t, corev1.PersistentVolumeReclaimRetain, *class.ReclaimPolicy)
			assert.Regexp(t, `^projects/bastide-admission/locations/europe-west1/keyRings/[^/]+/cryptoKeys/volumes$`, class.Parameters["disk-encryption-kms-key"])
		}
	}
	assert.Equal(t, []string{"encrypted"}, defaults)
}

// An ordinary pod is never scheduled on the build pool, whatever its node selector. A pod
// that tolerates the pool's taints is, in a namespace where the rules do not apply.
func TestTheSchedulerKeepsOrdinaryPodsOffTheBuildPool(t *testing.T) {
	deploy := func(namespace, name string, change func(*corev1.PodSpec)) []corev1.Pod {
		labels := map[string]string{"app.kubernetes.io/name": name}
		replicas := int32(3)
		pod := bare(namespace)
		pod.Spec.RestartPolicy, pod.Spec.InitContainers = corev1.RestartPolicyAlways, nil
		pod.Spec.Containers[0].ReadinessProbe = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: []string{"true"}}}}
		change(&pod.Spec)
		deployment := &appsv1.Deployment{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
			Spec: appsv1.DeploymentSpec{
				Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: labels},
				Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: pod.Spec},
			},
		}
		require.NoError(t, cluster(t).Create(t.Context(), deployment))
		t.Cleanup(func() {
			background := metav1.DeletePropagationBackground
			require.NoError(t, cluster(t).Delete(context.Background(), deployment, &client.DeleteOptions{PropagationPolicy: &background}))
		})
		var pods corev1.PodList
		require.Eventually(t, func() bool {
			require.NoError(t, cluster(t).List(t.Context(), &pods, client.InNamespace(namespace), client.MatchingLabels(labels)))
			return len(pods.Items) == 3 && !slices.ContainsFunc(pods.Items, unsettled)
		}, 20*time.Second, 100*time.Millisecond)
		return pods.Items
	}
	tolerations := []corev1.Toleration{
		{Key: "role", Operator: corev1.TolerationOpEqual, Value: "privileged", Effect: corev1.TaintEffectNoSchedule},
		{Key: "sandbox.gke.io/runtime", Operator: corev1.TolerationOpEqual, Value: "gvisor", Effect: corev1.TaintEffectNoSchedule},
	}

	for _, pod := range deploy("shop", "ordinary", func(*corev1.PodSpec) {}) {
		assert.Equal(t, "general", poolOf(t, pod), "an ordinary pod")
	}
	for _, pod := range deploy("shop", "selecting", func(spec *corev1.PodSpec) { spec.NodeSelector = map[string]string{"role": "privileged"} }) {
		assert.Empty(t, pod.Spec.NodeName, "a node selector does not tolerate the taint")
	}
	for _, pod := range deploy("kube-system", "tolerating", func(spec *corev1.PodSpec) {
		spec.NodeSelector, spec.Tolerations = map[string]string{"role": "privileged"}, tolerations
	}) {
		assert.Equal(t, "ci", poolOf(t, pod), "without this the test would prove nothing")
	}
}

// unsettled pods are neither scheduled nor marked unschedulable.
func unsettled(pod corev1.Pod) bool {
	return pod.Spec.NodeName == "" && !slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodScheduled && c.Reason == corev1.PodReasonUnschedulable
	})
}

func poolOf(t *testing.T, pod corev1.Pod) string {
	t.Helper()
	var node corev1.Node
	require.NoError(t, cluster(t).Get(t.Context(), client.ObjectKey{Name: pod.Spec.NodeName}, &node))
	if node.Labels["role"] == "privileged" {
		return "ci"
	}
	return "general"
}

// A deployment whose template violates a rule, because it is older than the rules, gets no
// pods: each pod is evaluated when it is created.
func TestScalingCreatesNoPodThatARuleRefuses(t *testing.T) {
	labels := map[string]string{"app.kubernetes.io/name": "sleeper"}
	none, one := int32(0), int32(1)
	template := bare("shop")
	template.Spec.RestartPolicy, template.Spec.HostPID = corev1.RestartPolicyAlways, true
	deployment := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "sleeper"},
		Spec: appsv1.DeploymentSpec{
			Replicas: &none, Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: template.Spec},
		},
	}
	require.NoError(t, cluster(t).Create(t.Context(), deployment))
	t.Cleanup(func() { require.NoError(t, cluster(t).Delete(context.Background(), deployment)) })
	scale := &autoscalingv1.Scale{Spec: autoscalingv1.ScaleSpec{Replicas: one}}
	require.NoError(t, cluster(t).SubResource("scale").Update(t.Context(), deployment, client.WithSubResourceBody(scale)))

	require.Eventually(t, func() bool {
		require.NoError(t, cluster(t).Get(t.Context(), client.ObjectKeyFromObject(deployment), deployment))
		return slices.ContainsFunc(deployment.Status.Conditions, func(c appsv1.DeploymentCondition) bool {
			return c.Type == appsv1.DeploymentReplicaFailure && c.Status == corev1.ConditionTrue
		})
	}, 20*time.Second, 100*time.Millisecond)
	var pods corev1.PodList
	require.NoError(t, cluster(t).List(t.Context(), &pods, client.InNamespace("shop"), client.MatchingLabels(labels)))
	assert.Empty(t, pods.Items)
}

// No admission rule forbids root; the level of the namespace does. In restricted namespaces
// nothing runs as root, in baseline ones containers may.
func TestNamespaceLevelDecidesAboutRootContainers(t *testing.T) {
	root := int64(0)
	pod := func(namespace string) *corev1.Pod {
		pod := bare(namespace)
		pod.Spec.InitContainers = nil
		pod.Spec.SecurityContext = &corev1.PodSecurityContext{RunAsUser: &root}
		return pod
	}
	assert.NoError(t, cluster(t).Create(t.Context(), pod("shop"), client.DryRunAll))
	assert.ErrorContains(t, cluster(t).Create(t.Context(), pod("openbao"), client.DryRunAll), `violates PodSecurity "restricted:v1.36"`)
}

func TestQuotaOfANamespaceIsEnforced(t *testing.T) {
	pod := func(namespace string) *corev1.Pod {
		pod := bare(namespace)
		pod.Spec.InitContainers = nil
		pod.Spec.Containers[0].Resources.Requests = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("5")}
		return pod
	}
	assert.ErrorContains(t, cluster(t).Create(t.Context(), pod("shop"), client.DryRunAll), "exceeded quota: small", "4 CPUs")
	assert.NoError(t, cluster(t).Create(t.Context(), pod("billing"), client.DryRunAll), "12 CPUs")
}

// The label of a namespace's level can't be changed through a subresource either.
func TestLevelCantBeChangedThroughASubresource(t *testing.T) {
	for _, subresource := range []string{"status", "finalize"} {
		var namespace corev1.Namespace
		require.NoError(t, cluster(t).Get(t.Context(), client.ObjectKey{Name: "default"}, &namespace))
		require.NoError(t, cluster(t).SubResource(subresource).Update(t.Context(), namespace.DeepCopy(), &client.SubResourceUpdateOptions{UpdateOptions: client.UpdateOptions{DryRun: []string{metav1.DryRunAll}}}))
		namespace.Labels["pod-security.kubernetes.io/enforce"] = "privileged"
		assert.ErrorContains(t, cluster(t).SubResource(subresource).Update(t.Context(), &namespace), "namespace-level: ", subresource)
	}
}

// Nor can a kubelet change the label of its node's pool. Without the rule it could, through
// the node and through its status.
func TestKubeletCantChangeThePoolLabel(t *testing.T) {
	var nodes corev1.NodeList
	require.NoError(t, cluster(t).List(t.Context(), &nodes))
	require.NotEmpty(t, nodes.Items)
	config := up.Cluster.ControlPlane().Admin()
	config.Impersonate = rest.ImpersonationConfig{UserName: "system:node:" + nodes.Items[0].Name, Groups: []string{"system:nodes", "system:masters"}}
	kubelet, err := client.New(config, client.Options{})
	require.NoError(t, err)
	relabel := func(key string) (*corev1.Node, client.Patch) {
		node := nodes.Items[0].DeepCopy()
		before := client.MergeFrom(node.DeepCopy())
		node.Labels[key] = "attractive"
		return node, before
	}
	node, change := relabel("role")
	assert.ErrorContains(t, kubelet.Patch(t.Context(), node, change, client.DryRunAll), "denied request: node-labels: ")
	node, change = relabel("role")
	assert.ErrorContains(t, kubelet.Status().Patch(t.Context(), node, change, &client.SubResourcePatchOptions{PatchOptions: client.PatchOptions{DryRun: []string{metav1.DryRunAll}}}), "denied request: node-labels: ")
	node, change = relabel("example.com/disk")
	assert.NoError(t, kubelet.Patch(t.Context(), node, change, client.DryRunAll))
	node, change = relabel("role")
	assert.NoError(t, cluster(t).Patch(t.Context(), node, change, client.DryRunAll), "an administrator may")
}

// GKE's add-on manager creates namespaces in upgrades, which the rules must not refuse.
func TestGKEMayCreateItsNamespaces(t *testing.T) {
	config := up.Cluster.ControlPlane().Admin()
	config.Impersonate = rest.ImpersonationConfig{UserName: "system:addon-manager", Groups: []string{"system:masters"}}
	manager, err := client.New(config, client.Options{})
	require.NoError(t, err)
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "gke-managed-of-tomorrow"}}
	assert.NoError(t, manager.Create(t.Context(), namespace.DeepCopy(), client.DryRunAll))
	assert.Error(t, cluster(t).Create(t.Context(), namespace, client.DryRunAll))
}

// The rights of groups, as the API server decides them.
func TestGroupsHaveExactlyTheRightsOfTheirRole(t *testing.T) {
	for _, row := range []struct {
		group, verb, resource, namespace string
		allowed                          bool
	}{
		{"gke-security-groups@example.com", "list", "pods", "shop", true},
		{"gke-security-groups@example.com", "get", "pods/log", "shop", true},
		{"gke-security-groups@example.com", "list", "secrets", "shop", false},
		{"gke-security-groups@example.com", "create", "pods", "shop", false},
		{"gke-security-groups@example.com", "create", "apps/deployments", "billing", true}, // billing names no editors
		{"gke-security-groups@example.com", "list", "pods", "openbao", false},
		{"team-shop@example.com", "create", "apps/deployments", "shop", true},
		{"team-shop@example.com", "get", "apps/deployments", "shop", true},
		{"team-shop@example.com", "create", "secrets", "shop", true},
		{"team-shop@example.com", "patch", "secrets", "shop", false},
		{"team-shop@example.com", "delete", "secrets", "shop", false},
		{"team-shop@example.com", "create", "serviceaccounts", "shop", true},
		{"team-shop@example.com", "patch", "serviceaccounts", "shop", false},
		{"team-shop@example.com", "delete", "serviceaccounts", "shop", false},
		{"team-shop@example.com", "get", "secrets", "shop", false},
		{"team-shop@example.com", "list", "secrets", "shop", false},
		{"team-shop@example.com", "create", "pods/exec", "shop", false},
		{"team-shop@example.com", "create", "serviceaccounts/token", "shop", false},
		{"team-shop@example.com", "create", "networking.k8s.io/networkpolicies", "shop", false},
		{"team-shop@example.com", "delete", "resourcequotas", "shop", false},
		{"team-shop@example.com", "create", "rbac.authorization.k8s.io/rolebindings", "shop", false},
		{"team-shop@example.com", "create", "apps/deployments", "billing", false},
		{"team-shop@example.com", "update", "namespaces", "", false},
		{"team-shop@example.com", "patch", "namespaces", "shop", false}, // else a team could make its namespace a client of OpenBao
		{"team-shop@example.com", "create", "serviceaccounts/token", "openbao", false},
		{"team-shop@example.com", "delete", "admissionregistration.k8s.io/validatingadmissionpolicybindings", "", false},
	} {
		t.Run(fmt.Sprintf("%s %s %s in %s", row.group, row.verb, row.resource, row.namespace), func(t *testing.T) {
			review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
				User: "ann@example.com", Groups: []string{row.group, "system:authenticated"},
				ResourceAttributes: attributes(row.verb, row.resource, row.namespace),
			}}
			require.NoError(t, cluster(t).Create(t.Context(), review))
			assert.Equal(t, row.allowed, review.Status.Allowed)
		})
	}
}

// attributes parses RESOURCE, RESOURCE/SUBRESOURCE, or GROUP/RESOURCE.
func attributes(verb, resource, namespace string) *authorizationv1.ResourceAttributes {
	a := &authorizationv1.ResourceAttributes{Verb: verb, Namespace: namespace, Resource: resource}
	first, second, two := strings.Cut(resource, "/")
	switch {
	case two && slices.Contains([]string{"log", "exec", "token"}, second):
		a.Resource, a.Subresource = first, second
	case two:
		a.Group, a.Resource = first, second
	}
	return a
}
