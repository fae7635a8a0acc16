// Command trim reads a Pulumi package schema, and writes the part that the simulated
// cloud uses: the types in facts.yaml, and those that they refer to, without
// descriptions.
//
//	pulumi package get-schema gcp@7.38.0 | go run ./internal/rehearsal/googlecloud/trim > internal/rehearsal/googlecloud/schema.json
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"bastide/internal/rehearsal/googlecloud"
)

// pkg is the part of a Pulumi package schema that trim reads. Source: "Pulumi package
// metaschema", schema keywords of the same names.
type pkg struct {
	Version   string
	Resources map[string]struct {
		InputProperties map[string]spec
		Properties      map[string]spec
		RequiredInputs  []string
	}
	Types map[string]struct {
		Properties map[string]spec
		Required   []string
	}
}

type spec struct {
	Type                 string
	Ref                  string `json:"$ref"`
	Items                *spec
	AdditionalProperties *spec
	OneOf                []spec
	ReplaceOnChanges     bool
	WillReplaceOnChanges bool
	Secret               bool
}

// upToDate checks schema.json instead of reading a schema.
var upToDate = flag.Bool("up-to-date", false, "fail unless schema.json has every type that facts.yaml names")

func main() {
	flag.Parse()
	if missing := googlecloud.MissingTypes(); *upToDate {
		if len(missing) > 0 {
			fmt.Fprintln(os.Stderr, "trim: schema.json lacks", strings.Join(missing, ", "))
			os.Exit(1)
		}
		return
	}
	if err := trim(os.Stdin, os.Stdout, googlecloud.Kinds()); err != nil {
		fmt.Fprintln(os.Stderr, "trim:", err)
		os.Exit(1)
	}
}

func trim(in io.Reader, out io.Writer, kinds []string) error {
	var full pkg
	if err := json.NewDecoder(in).Decode(&full); err != nil {
		return fmt.Errorf("standard input is not a package schema; pipe `pulumi package get-schema gcp@VERSION` into it: %w", err)
	}
	trimmed := &googlecloud.Document{
		Version:   full.Version,
		Resources: map[string]*googlecloud.ResourceSchema{},
		Types:     map[string]*googlecloud.ObjectSchema{},
	}
	for _, kind := range kinds {
		resource, ok := full.Resources[kind]
		if !ok {
			return fmt.Errorf("the package has no resource %s, which facts.yaml names", kind)
		}
		computed := map[string]spec{}
		for name, property := range resource.Properties {
			if _, isInput := resource.InputProperties[name]; !isInput {
				computed[name] = property
			}
		}
		trimmed.Resources[kind] = &googlecloud.ResourceSchema{
			Inputs:   full.reduce(resource.InputProperties, trimmed),
			Computed: full.reduce(computed, trimmed),
			Required: sorted(resource.RequiredInputs),
		}
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", " ")
	return encoder.Encode(trimmed)
}

// reduce converts properties, and adds the types that they refer to.
func (p *pkg) reduce(properties map[string]spec, into *googlecloud.Document) map[string]*googlecloud.Property {
	reduced := map[string]*googlecloud.Property{}
	for name, property := range properties {
		reduced[name] = p.property(property, into)
	}
	return reduced
}

func (p *pkg) property(s spec, into *googlecloud.Document) *googlecloud.Property {
	reduced := &googlecloud.Property{Replace: s.WillReplaceOnChanges || s.ReplaceOnChanges, Secret: s.Secret}
	switch {
	case s.Items != nil:
		reduced.Array = p.property(*s.Items, into)
	case s.AdditionalProperties != nil:
		reduced.Map = p.property(*s.AdditionalProperties, into)
	case strings.HasPrefix(s.Ref, "#/types/"):
		reduced.Ref = strings.TrimPrefix(s.Ref, "#/types/")
		p.take(reduced.Ref, into)
	default:
		// An enum, or a oneOf of an enum and its base type, is a plain value.
		reduced.Type = s.Type
	}
	return reduced
}

func (p *pkg) take(name string, into *googlecloud.Document) {
	if _, taken := into.Types[name]; taken {
		return
	}
	object := &googlecloud.ObjectSchema{Required: sorted(p.Types[name].Required)}
	into.Types[name] = object
	object.Properties = p.reduce(p.Types[name].Properties, into)
}

func sorted(names []string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	return names
}
