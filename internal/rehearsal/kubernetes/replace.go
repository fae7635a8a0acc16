package kubernetes

import (
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// replacing are the fields, by kind, whose change makes the provider replace an object.
// Changes of other immutable fields are refused by the API server. ConfigMaps and Secrets
// are replaced unless the provider is configured to treat them as mutable. Source:
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

// identity is the kind, namespace and name of an object: a change of any of them means
// another object.
func identity(m manifest) string {
	return strings.Join([]string{m.GroupVersionKind().GroupKind().String(), m.GetNamespace(), m.GetName()}, "/")
}

// replaces tells whether a change replaces the object.
func replaces(old, wanted manifest, mutable map[string]bool) bool {
	kind := wanted.GroupVersionKind().GroupKind().String()
	return !wanted.patch && !mutable[kind] && slices.ContainsFunc(replacing[kind], func(path string) bool {
		before, _, _ := unstructured.NestedFieldNoCopy(old.Object, strings.Split(path, ".")...)
		after, _, _ := unstructured.NestedFieldNoCopy(wanted.Object, strings.Split(path, ".")...)
		return !reflect.DeepEqual(before, after)
	})
}
