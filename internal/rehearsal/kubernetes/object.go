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

// manifest is a resource's inputs as the API server takes them.
type manifest struct {
	*unstructured.Unstructured
	// patch tells that the object belongs to someone else, and only the fields
	// given here to the program.
	patch bool
	// complete tells that nothing was unknown, and so left out.
	complete bool
	// manager owns the fields.
	manager string
	// force takes fields that somebody else owns, skipWait takes the object for
	// ready at once. Both are annotations. Source: Pulumi Kubernetes provider,
	// "Annotations".
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

// plain makes JSON of a property. What is not known yet is left out, secrets
// are opened: it goes to the API server.
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

// noise is what the server writes for itself, and changes when it pleases.
var noise = [][]string{
	{"metadata", "managedFields"}, {"metadata", "resourceVersion"}, {"metadata", "generation"}, {"status"},
}

// essence is an object without the noise.
func essence(object *unstructured.Unstructured) *unstructured.Unstructured {
	copied := object.DeepCopy()
	for _, path := range noise {
		unstructured.RemoveNestedField(copied.Object, path...)
	}
	return copied
}

// outputs are what the program sees of an object. The contents of a Secret are
// marked, whoever wrote them.
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

// id is NAMESPACE/NAME, or NAME of what has no namespace.
func id(object *unstructured.Unstructured) resource.ID {
	if object.GetNamespace() == "" {
		return resource.ID(object.GetName())
	}
	return resource.ID(object.GetNamespace() + "/" + object.GetName())
}

// sameShape cuts an object down to the fields that the inputs name, so that a
// refresh shows what became of them and nothing else.
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
