package googlecloud

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/contract"
)

// schema.json is the part of `pulumi package get-schema gcp@7.38.0` about the properties
// of the types in facts.yaml.
//
//go:generate sh -c "pulumi package get-schema gcp@7.38.0 | go run ./trim > schema.json"
//go:embed schema.json
var schemaJSON []byte

// Document is the part of the provider's schema that is used.
type Document struct {
	Version   string                     `json:"version"`
	Resources map[string]*ResourceSchema `json:"resources"`
	Types     map[string]*ObjectSchema   `json:"types"`
}

// ResourceSchema is the schema of a resource type.
type ResourceSchema struct {
	Inputs   map[string]*Property `json:"inputs"`
	Computed map[string]*Property `json:"computed,omitempty"`
	Required []string             `json:"required,omitempty"`
}

// ObjectSchema is the schema of a nested object.
type ObjectSchema struct {
	Properties map[string]*Property `json:"properties"`
	Required   []string             `json:"required,omitempty"`
}

// Property is the schema of a property; one of Type, Ref, Array and Map is set.
type Property struct {
	Type    string    `json:"type,omitempty"` // string, integer, number, boolean
	Ref     string    `json:"ref,omitempty"`
	Array   *Property `json:"array,omitempty"`
	Map     *Property `json:"map,omitempty"`
	Replace bool      `json:"replace,omitempty"`
	Secret  bool      `json:"secret,omitempty"`
}

var schema = func() *Document {
	schema := &Document{}
	contract.AssertNoErrorf(json.Unmarshal(schemaJSON, schema), "schema.json")
	return schema
}()

// MissingTypes are the types in facts.yaml that schema.json lacks.
func MissingTypes() []string {
	return slices.DeleteFunc(Kinds(), func(kind string) bool { return schema.Resources[kind] != nil })
}

// Known tells whether a resource type has an input at a path with dots.
func Known(kind, path string) bool {
	declared, ok := schema.Resources[kind]
	return ok && schema.known(declared.Inputs, strings.Split(path, "."))
}

func (d *Document) known(declared map[string]*Property, path []string) bool {
	current := declared[path[0]]
	for _, step := range path[1:] {
		switch {
		case current == nil:
			return false
		case current.Ref != "":
			current = d.Types[current.Ref].Properties[step]
		case current.Array != nil:
			current = current.Array
		default:
			current = current.Map
		}
	}
	return current != nil
}

// check reports unknown and missing properties and wrong types.
func (d *Document) check(kind string, inputs resource.PropertyMap) []plugin.CheckFailure {
	declared := d.Resources[kind]
	return d.checkObject(nil, inputs, declared.Inputs, declared.Required)
}

func (d *Document) checkObject(
	path resource.PropertyPath, object resource.PropertyMap, declared map[string]*Property, required []string,
) (failures []plugin.CheckFailure) {
	for _, name := range required {
		if _, ok := object[resource.PropertyKey(name)]; !ok {
			failures = append(failures, failure(path, "Missing required property '%s'", name))
		}
	}
	for _, key := range object.StableKeys() {
		at := append(slices.Clone(path), string(key))
		known, ok := declared[string(key)]
		if !ok {
			failures = append(failures, failure(at, "Unknown property '%s'", key))
			continue
		}
		failures = append(failures, d.checkValue(at, object[key], known)...)
	}
	return failures
}

func (d *Document) checkValue(path resource.PropertyPath, value resource.PropertyValue, declared *Property) (failures []plugin.CheckFailure) {
	switch {
	case value.IsComputed() || value.IsNull():
		return nil
	case declared.Ref != "" && value.IsObject():
		nested := d.Types[declared.Ref]
		return d.checkObject(path, value.ObjectValue(), nested.Properties, nested.Required)
	case declared.Array != nil && value.IsArray():
		for i, element := range value.ArrayValue() {
			failures = append(failures, d.checkValue(append(slices.Clone(path), i), element, declared.Array)...)
		}
		return failures
	case declared.Map != nil && value.IsObject():
		for _, key := range value.ObjectValue().StableKeys() {
			failures = append(failures, d.checkValue(append(slices.Clone(path), string(key)), value.ObjectValue()[key], declared.Map)...)
		}
		return failures
	case declared.Type == "string" && value.IsString(),
		declared.Type == "boolean" && value.IsBool(),
		declared.Type == "number" && value.IsNumber(),
		declared.Type == "integer" && value.IsNumber() && value.NumberValue() == float64(int64(value.NumberValue())):
		return nil
	}
	return []plugin.CheckFailure{failure(path, "expected %s, got %s", declared, value.TypeString())}
}

// String names the type of a property.
func (p *Property) String() string {
	switch {
	case p.Array != nil:
		return "a list"
	case p.Map != nil || p.Ref != "":
		return "an object"
	}
	return p.Type
}

func failure(path resource.PropertyPath, reason string, args ...any) plugin.CheckFailure {
	return plugin.CheckFailure{Property: resource.PropertyKey(path.String()), Reason: fmt.Sprintf(reason, args...)}
}

// planned are the outputs of a resource in a preview: its inputs, and unknown values for
// the computed properties.
func planned(kind string, inputs resource.PropertyMap) resource.PropertyMap {
	outputs := inputs.Copy()
	for name := range schema.Resources[kind].Computed {
		outputs[resource.PropertyKey(name)] = resource.MakeComputed(resource.NewProperty(""))
	}
	return outputs
}

// replaces tells whether a property on a path is marked in the schema as replacing the
// resource.
func (d *Document) replaces(declared map[string]*Property, path resource.PropertyPath) bool {
	name, ok := path[0].(string)
	current := declared[name]
	if !ok || current == nil {
		return false
	}
	rest := path[1:]
	for {
		switch {
		case current.Replace:
			return true
		case len(rest) == 0:
			return false
		case current.Ref != "":
			return d.replaces(d.Types[current.Ref].Properties, rest)
		case current.Array != nil:
			current, rest = current.Array, rest[1:]
		case current.Map != nil:
			current, rest = current.Map, rest[1:]
		default:
			return false
		}
	}
}
