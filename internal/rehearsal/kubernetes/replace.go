package kubernetes

import (
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// replacing are the fields whose change makes the provider replace an object of
// a kind. For other fields that can't change, the API server refuses the update.
// ConfigMaps and Secrets are among them unless the provider is told that they
// are mutable. Source:
// pulumi/pulumi-kubernetes, provider/pkg/provider/diff.go.
var replacing = map[string][]string{
	"ConfigMap":             {"binaryData", "data"},
	"PersistentVolumeClaim": {"spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"},
	"Pod":                   {"spec"},
	"ResourceQuota":         {"spec.scopes"},
	"Secret":                {"type", "stringData", "data"},
	"Service":               {"spec.clusterIP"},
	"DaemonSet.apps":        {"spec.selector"},
	"Deployment.apps":       {"spec.selector"},
	"StatefulSet.apps":      {"spec.podManagementPolicy", "spec.revisionHistoryLimit", "spec.selector", "spec.serviceName", "spec.volumeClaimTemplates"},
	"Job.batch":             {"spec.completions", "spec.parallelism", "spec.selector", "spec.template"},
	"ClusterRoleBinding.rbac.authorization.k8s.io": {"roleRef"},
	"RoleBinding.rbac.authorization.k8s.io":        {"roleRef"},
	"StorageClass.storage.k8s.io":                  {"parameters", "provisioner"},
}

// identity is what can't change of an object that stays the same one.
func identity(m manifest) string {
	return strings.Join([]string{m.GroupVersionKind().GroupKind().String(), m.GetNamespace(), m.GetName()}, "/")
}

// replaces tells whether a change is of a kind that replaces the object.
func replaces(old, wanted manifest, mutable map[string]bool) bool {
	kind := wanted.GroupVersionKind().GroupKind().String()
	return !wanted.patch && !mutable[kind] && slices.ContainsFunc(replacing[kind], func(path string) bool {
		before, _, _ := unstructured.NestedFieldNoCopy(old.Object, strings.Split(path, ".")...)
		after, _, _ := unstructured.NestedFieldNoCopy(wanted.Object, strings.Split(path, ".")...)
		return !reflect.DeepEqual(before, after)
	})
}
