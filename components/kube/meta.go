// Package kube builds the parts of Kubernetes objects that several components share:
// metadata, the rules of roles, and the peers and ports of NetworkPolicies.
package kube

import (
	"maps"

	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/environment"
)

// ManagedBy is the label of all objects that the program creates. Its value is
// environment.Namespace. Source: Kubernetes, "Recommended Labels".
const ManagedBy = "app.kubernetes.io/managed-by"

// Meta is the metadata of a cluster-scoped object, with further labels.
func Meta(name string, labels map[string]string) metav1.ObjectMetaArgs {
	all := map[string]string{ManagedBy: environment.Namespace}
	maps.Copy(all, labels)
	return metav1.ObjectMetaArgs{Name: pulumi.String(name), Labels: pulumi.ToStringMap(all)}
}

// In is the metadata of an object in a namespace.
func In(namespace, name string) metav1.ObjectMetaArgs {
	meta := Meta(name, nil)
	meta.Namespace = pulumi.String(namespace)
	return meta
}

// ForceAnnotation makes server-side apply take over fields that another field manager has
// set. Source: Pulumi Kubernetes provider, "Server-side apply".
const ForceAnnotation = "pulumi.com/patchForce"

// TakeOver is the annotations of an object whose fields others may have set.
var TakeOver = pulumi.StringMap{ForceAnnotation: pulumi.String("true")}
