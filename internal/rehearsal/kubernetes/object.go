package kubernetes

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// manifest is a resource's inputs as the API server accepts them.
type manifest struct {
	*unstructured.Unstructured
	// patch tells that the program manages only the given fields of an object that
	// exists independently.
	patch bool
	// complete tells that no value was unknown and left out.
	complete bool
	// manager is the field manager.
	manager string
	// force takes over fields from other field managers, skipWait does not wait until
	// the object is ready. Both come from annotations. Source: Pulumi Kubernetes
	// provider, "Annotations".
	force, skipWait bool
}

// newManifest reads a resource's inputs.
func newManifest(urn resource.URN, kind tokens.Type, inputs resource.PropertyMap) manifest {
	complete := true
	object := &unstructured.Unstructured{Object: plain(resource.NewProperty(inputs), &complete).(map[string]any)}
	m := manifest{
		Unstructured: object, complete: complete,
		patch:   strings.HasSuffix(string(kind.Name()), "Patch"),
		manager: fmt.Sprintf("pulumi-kubernetes-%x", sha256.Sum256([]byte(urn)))[:len("pulumi-kubernetes-")+8],
	}
	m.force = object.GetAnnotations()["pulumi.com/patchForce"] == "true"
	m.skipWait = object.GetAnnotations()["pulumi.com/skipAwait"] == "true"
	return m
}

// plain converts a property to a JSON value for the API server. It leaves unknown values
// out, and includes secrets in clear.
func plain(value resource.PropertyValue, complete *bool) any {
	switch {
	case value.IsSecret():
		return plain(value.SecretValue().Element, complete)
	case value.IsComputed() || value.IsOutput():
		*complete = false
		return nil
	case value.IsObject():
		object := map[string]any{}
		for key, element := range value.ObjectValue() {
			if made := plain(element, complete); made != nil {
				object[string(key)] = made
			}
		}
		return object
	case value.IsArray():
		list := make([]any, 0, len(value.ArrayValue()))
		for _, element := range value.ArrayValue() {
			if made := plain(element, complete); made != nil {
				list = append(list, made)
			}
		}
		return list
	case value.IsNumber():
		if number := value.NumberValue(); number == float64(int64(number)) {
			return int64(number)
		}
		return value.NumberValue()
	case value.IsBool():
		return value.BoolValue()
	case value.IsString():
		return value.StringValue()
	}
	return nil
}

// serverFields are the fields that the server manages, and may change at any time.
var serverFields = [][]string{
	{"metadata", "managedFields"}, {"metadata", "resourceVersion"}, {"metadata", "generation"}, {"status"},
}

// essence is a copy of an object without the server's own fields.
func essence(object *unstructured.Unstructured) *unstructured.Unstructured {
	copied := object.DeepCopy()
	for _, path := range serverFields {
		unstructured.RemoveNestedField(copied.Object, path...)
	}
	return copied
}

// outputs are an object's properties for the program. The contents of a Secret are always
// marked as secret.
func outputs(object *unstructured.Unstructured) resource.PropertyMap {
	copied := object.DeepCopy()
	unstructured.RemoveNestedField(copied.Object, "metadata", "managedFields")
	return markSecrets(object.GroupVersionKind().GroupKind(), resource.NewPropertyMapFromMap(copied.Object))
}

func markSecrets(kind schema.GroupKind, properties resource.PropertyMap) resource.PropertyMap {
	if kind != (schema.GroupKind{Kind: "Secret"}) {
		return properties
	}
	for _, key := range []resource.PropertyKey{"data", "stringData"} {
		if value, ok := properties[key]; ok && !value.IsSecret() {
			properties[key] = resource.MakeSecret(value)
		}
	}
	return properties
}

// id is NAMESPACE/NAME, or NAME for a cluster-scoped object.
func id(object *unstructured.Unstructured) resource.ID {
	if object.GetNamespace() == "" {
		return resource.ID(object.GetName())
	}
	return resource.ID(object.GetNamespace() + "/" + object.GetName())
}

// sameShape reduces an object to the fields in the inputs, so that a refresh shows
// changes to those fields only.
func sameShape(live, inputs any) any {
	switch inputs := inputs.(type) {
	case map[string]any:
		object, ok := live.(map[string]any)
		if !ok {
			return live
		}
		cut := map[string]any{}
		for key, input := range inputs {
			if value, ok := object[key]; ok {
				cut[key] = sameShape(value, input)
			}
		}
		return cut
	case []any:
		list, ok := live.([]any)
		if !ok || len(list) != len(inputs) {
			return live
		}
		cut := slices.Clone(list)
		for i := range cut {
			cut[i] = sameShape(list[i], inputs[i])
		}
		return cut
	}
	return live
}
