package expression

import (
	"math"
	"slices"
	"strings"

	"github.com/google/cel-go/common/types"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"bastide/components/guardrails/admission"
	"bastide/environment"
)

// Object is a Kubernetes object as CEL expressions see it. Values that are not known yet
// are types.Unknown.
type Object struct {
	Content map[string]any
	kind    schema.GroupVersionKind
	// secret says that a part of the object is secret, so messages must not show any
	// of it.
	secret bool
}

// Objects are the objects that a Pulumi resource creates in the cluster: one, or those of
// a list, and the pods that result from them.
func Objects(kind string, properties property.Map) (all []Object) {
	gvk, ok := parse(kind)
	if !ok {
		return nil
	}
	content, _ := convert(property.New(properties)).(map[string]any)
	contents := []map[string]any{content}
	if list, isList := strings.CutSuffix(gvk.Kind, "List"); isList {
		gvk.Kind, contents = list, contentsOf(content["items"])
	}
	for _, content := range contents {
		object := Object{Content: content, kind: gvk, secret: property.New(properties).HasSecrets()}
		object.fillIn()
		all = append(all, object)
		if pod, makes := object.pod(); makes {
			all = append(all, pod)
		}
	}
	return all
}

// fillIn sets the defaults that the API server sets before it evaluates rules: the default
// storage class. Source: Kubernetes, admission controller DefaultStorageClass.
func (o Object) fillIn() {
	spec, known := o.Content["spec"].(map[string]any)
	if o.kind.Kind == "PersistentVolumeClaim" && known && spec["storageClassName"] == nil {
		spec["storageClassName"] = environment.KeepClass
	}
}

// kinds are the objects that a resource of a type creates, without content.
func kinds(kind string) (all []Object) {
	gvk, ok := parse(kind)
	if !ok {
		return nil
	}
	gvk.Kind = strings.TrimSuffix(gvk.Kind, "List")
	object := Object{kind: gvk}
	if pod, makes := object.pod(); makes {
		all = append(all, pod)
	}
	return append(all, object)
}

// parse parses a type token of the Kubernetes provider. A patch of an object counts as the
// object, except for pods and objects that create pods: their patches contain too little
// to evaluate rules.
func parse(token string) (kind schema.GroupVersionKind, ok bool) {
	rest, ours := strings.CutPrefix(token, "kubernetes:")
	where, name, found := strings.Cut(rest, ":")
	if !ours || !found {
		return kind, false
	}
	group, version, found := strings.Cut(where, "/")
	if !found {
		return kind, false
	}
	if group == "core" {
		group = ""
	}
	name, patch := strings.CutSuffix(name, "Patch")
	kind = schema.GroupVersionKind{Group: group, Version: version, Kind: name}
	return kind, !patch || templates[name] == nil && name != "Pod"
}

// templates are the paths of the pod templates, by kind.
var templates = map[string][]string{
	"CronJob":               {"spec", "jobTemplate", "spec", "template"},
	"DaemonSet":             {"spec", "template"},
	"Deployment":            {"spec", "template"},
	"Job":                   {"spec", "template"},
	"PodTemplate":           {"template"},
	"ReplicaSet":            {"spec", "template"},
	"ReplicationController": {"spec", "template"},
	"StatefulSet":           {"spec", "template"},
}

// pod is the pod that the cluster will create from an object's template: in the object's
// namespace, with a name that is not known.
func (o Object) pod() (pod Object, makes bool) {
	path, makes := templates[o.kind.Kind]
	if !makes {
		return pod, false
	}
	var template any = o.Content
	for _, step := range path {
		fields, _ := template.(map[string]any)
		template = fields[step]
	}
	content := map[string]any{"apiVersion": "v1", "kind": "Pod", "spec": map[string]any{}, "metadata": map[string]any{}}
	if parts, known := template.(map[string]any); known {
		for _, part := range []string{"metadata", "spec"} {
			if parts[part] != nil {
				content[part] = parts[part]
			}
		}
	} else if template != nil { // the template is unknown, and so is the pod
		content["spec"] = template
	}
	return Object{Content: content, kind: schema.GroupVersionKind{Version: "v1", Kind: "Pod"}, secret: o.secret}.in(o.namespace()), true
}

// in sets the object's namespace, which a template's metadata lacks.
func (o Object) in(namespace any) Object {
	metadata := map[string]any{}
	if own, known := o.Content["metadata"].(map[string]any); known {
		for key, value := range own {
			metadata[key] = value
		}
	}
	metadata["namespace"] = namespace
	o.Content["metadata"] = metadata
	return o
}

// namespace is a string, or types.Unknown. It is "default" if the object names none.
func (o Object) namespace() any {
	metadata, known := o.Content["metadata"].(map[string]any)
	if !known && o.Content["metadata"] != nil {
		return o.Content["metadata"]
	}
	namespace := metadata["namespace"]
	if namespace == nil || namespace == "" {
		return environment.UnusedNamespace
	}
	return namespace
}

// resource is the object's kind as it appears in the path of API requests.
func (o Object) resource() schema.GroupVersionResource {
	plural, _ := meta.UnsafeGuessKindToResource(o.kind)
	return plural
}

// input are the variables of expressions on creation of the object.
func (o Object) input() map[string]any {
	return map[string]any{"object": o.Content, "oldObject": nil, "request": o.request()}
}

func (o Object) request() map[string]any {
	resource := o.resource()
	return map[string]any{
		"operation": "CREATE", "namespace": o.namespace(),
		"resource": map[string]any{"group": resource.Group, "version": resource.Version, "resource": resource.Resource},
	}
}

// matches reports whether a rule applies to the creation of objects of this kind.
func (o Object) matches(all []admission.Match) bool {
	resource := o.resource()
	return slices.ContainsFunc(all, func(m admission.Match) bool {
		return m.Group == resource.Group && slices.Contains(m.Versions, resource.Version) && slices.Contains(m.Operations, "CREATE") &&
			(slices.Contains(m.Resources, resource.Resource) || slices.Contains(m.Resources, "*"))
	})
}

// within reports whether a rule applies in the object's namespace. An unknown namespace
// counts as an ordinary one.
func (o Object) within(rule admission.Rule) bool {
	if rule.Scope == admission.Cluster {
		return true
	}
	namespace, _ := o.namespace().(string)
	return rule.Namespaces.Has(namespace)
}

// contentsOf are the objects of a list.
func contentsOf(list any) (all []map[string]any) {
	items, _ := list.([]any)
	for _, item := range items {
		if content, ok := item.(map[string]any); ok {
			all = append(all, content)
		}
	}
	return all
}

// convert converts a property to a value for CEL. As in the API server, null values are
// absent, and numbers without a fraction are integers.
func convert(value property.Value) any {
	switch {
	case value.IsComputed():
		return types.NewUnknown(1, nil)
	case value.IsNumber() && value.AsNumber() == math.Trunc(value.AsNumber()) && math.Abs(value.AsNumber()) < 1<<53:
		return int64(value.AsNumber())
	case value.IsNumber():
		return value.AsNumber()
	case value.IsString():
		return value.AsString()
	case value.IsBool():
		return value.AsBool()
	case value.IsArray():
		all := []any{}
		for _, element := range value.AsArray().All {
			all = append(all, convert(element))
		}
		return all
	case value.IsMap():
		all := map[string]any{}
		for key, element := range value.AsMap().All {
			if converted := convert(element); converted != nil {
				all[key] = converted
			}
		}
		return all
	}
	return nil
}
