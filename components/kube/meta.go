// Package kube is the parts of Kubernetes objects that several components write alike:
// metadata, the rules of roles, and the peers and ports of NetworkPolicies.
package kube

import (
	"maps"

	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/environment"
)

// ManagedBy labels what the program makes with environment.Namespace. Source:
// Kubernetes, "Recommended Labels".
const ManagedBy = "app.kubernetes.io/managed-by"

// Meta is the metadata of an object outside of namespaces, with further labels.
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

// ForceAnnotation lets a patch have its way with fields that somebody else has
// set. Source: Pulumi Kubernetes provider, "Server-side apply".
const ForceAnnotation = "pulumi.com/patchForce"

// TakeOver is the annotations of an object that others may have changed.
var TakeOver = pulumi.StringMap{ForceAnnotation: pulumi.String("true")}
