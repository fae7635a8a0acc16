// Package graph records the resources that a Pulumi program registers, without an engine:
// it runs the program on the SDK's mocks, which pass each resource to the simulated Google
// Cloud. Inputs are therefore checked against the provider's schema and the cloud's rules,
// and outputs are those that the cloud would compute.
package graph

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/internal/rehearsal/googlecloud"
	"bastide/internal/rehearsal/random"
	"bastide/internal/rehearsal/tls"
	"bastide/policies/controls"
)

// Resource is a registered resource.
type Resource struct {
	Type, Name string
	Component  bool
	// Inputs are the inputs as registered; secrets stay marked.
	Inputs resource.PropertyMap
	// Parent, Provider and Dependencies are resource options, by URN.
	Parent, Provider string
	Dependencies     []string
	// Sources are the URNs of the resources that each input depends on.
	Sources                 map[string][]string
	Protect, RetainOnDelete bool
	IgnoreChanges           []string
}

// Graph holds the resources that a program registered.
type Graph struct {
	Resources []Resource
	// Cloud is the simulated Google Cloud, with the objects that the program created.
	Cloud *googlecloud.Cloud
}

// Program is a Pulumi program to record, with its stack and configuration.
type Program struct {
	Run     pulumi.RunFunc
	Project string // the Pulumi project
	Stack   string
	Config  map[string]string
	Secrets []string
	// Preview leaves every computed output unknown.
	Preview bool
	// GoogleProject and Region configure the simulated cloud.
	GoogleProject, Region string
	// Scale is the speed of the simulated cloud's clock; at 0 no call takes time.
	Scale float64
}

// Record runs a program and returns the resources that it registers.
func Record(p Program) (*Graph, error) {
	cloud := googlecloud.New(googlecloud.NewClock(p.Scale), googlecloud.NoKubernetes{})
	config := plugin.ConfigureRequest{Inputs: resource.PropertyMap{
		"project": resource.NewProperty(p.GoogleProject), "region": resource.NewProperty(p.Region),
	}}
	if _, err := cloud.Configure(context.Background(), config); err != nil {
		return nil, err
	}
	m := &mocks{
		preview: p.Preview, seen: map[string]bool{}, graph: &Graph{Cloud: cloud},
		providers: map[string]plugin.Provider{"gcp": cloud, "random": random.New(), "tls": tls.New(time.Now)},
	}
	err := pulumi.RunErr(p.Run, pulumi.WithMocks(p.Project, p.Stack, m), func(info *pulumi.RunInfo) {
		info.Config, info.ConfigSecretKeys, info.DryRun = p.Config, p.Secrets, p.Preview
	})
	slices.SortFunc(m.graph.Resources, func(a, b Resource) int {
		return strings.Compare(a.Type+" "+a.Name, b.Type+" "+b.Name)
	})
	return m.graph, errors.Join(append(m.errs, err)...)
}

// URN is the URN of a resource in the simulated cloud.
func URN(kind, name string) resource.URN {
	return resource.NewURN("test", "test", "", tokens.Type(kind), name)
}

// Find returns the resource with a name, or nil. It ignores components.
func (g *Graph) Find(name string) *Resource {
	for i := range g.Resources {
		if g.Resources[i].Name == name && !g.Resources[i].Component {
			return &g.Resources[i]
		}
	}
	return nil
}

// At returns the resource or component with a URN, or nil.
func (g *Graph) At(urn string) *Resource {
	for i := range g.Resources {
		r := &g.Resources[i]
		if strings.HasSuffix(urn, r.Type+"::"+r.Name) {
			return r
		}
	}
	return nil
}

// DependsOn reports whether a resource depends on another one: directly, transitively, or
// through its parent.
func (g *Graph) DependsOn(from *Resource, name string) bool {
	return g.dependsOn(from, name, map[string]bool{})
}

func (g *Graph) dependsOn(from *Resource, name string, seen map[string]bool) bool {
	key := from.Type + from.Name
	if seen[key] {
		return false
	}
	seen[key] = true
	if parent := g.At(from.Parent); parent != nil && g.dependsOn(parent, name, seen) {
		return true
	}
	for _, urn := range from.Dependencies {
		if urn[strings.LastIndex(urn, "::")+2:] == name {
			return true
		}
		if next := g.At(urn); next != nil && g.dependsOn(next, name, seen) {
			return true
		}
	}
	return false
}

// Of returns the resources of a type.
func (g *Graph) Of(kind string) (all []Resource) {
	for _, r := range g.Resources {
		if r.Type == kind {
			all = append(all, r)
		}
	}
	return all
}

// Plain returns the inputs as plain values. Unknown values are nil, and secrets are
// controls.Masked.
func (r Resource) Plain() map[string]any {
	return plain(resource.NewProperty(r.Inputs)).(map[string]any)
}

// Value follows a path such as nodeConfig.taints.0.key through the plain inputs. It
// returns nil if only the last key is missing, and an error if anything above it is.
func (r Resource) Value(path string) (any, error) {
	var value any = r.Plain()
	for step := range strings.SplitSeq(path, ".") {
		switch current := value.(type) {
		case map[string]any:
			value = current[step]
		case []any:
			index, err := strconv.Atoi(step)
			if err != nil || index < 0 || index >= len(current) {
				return nil, fmt.Errorf("%s %s: there is no element %s", r.Name, path, step)
			}
			value = current[index]
		default:
			return nil, fmt.Errorf("%s %s: there is nothing above %s", r.Name, path, step)
		}
	}
	return value, nil
}

// Bare is Plain with the secrets in clear, as the cloud receives them.
func (r Resource) Bare() map[string]any {
	return plain(resource.NewProperty(unmarked(r.Inputs))).(map[string]any)
}

// mocks passes registrations to the simulated providers.
type mocks struct {
	preview   bool
	providers map[string]plugin.Provider

	mu    sync.Mutex
	seen  map[string]bool
	errs  []error
	graph *Graph
}

// Call passes function calls to the simulated providers, which answer during a preview,
// too.
func (m *mocks) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	function := tokens.ModuleMember(args.Token)
	provider, simulated := m.providers[string(function.Package())]
	if !simulated {
		return nil, fmt.Errorf("no simulated provider answers the function %s", args.Token)
	}
	answer, err := provider.Invoke(context.Background(), plugin.InvokeRequest{Tok: function, Args: unmarked(args.Args), Preview: m.preview})
	return answer.Properties, err
}

func (m *mocks) NewResource(args pulumi.MockResourceArgs) (id string, outputs resource.PropertyMap, err error) {
	// The SDK's mocks drop unknown values from Inputs; the request still has them.
	args.Inputs, err = plugin.UnmarshalProperties(args.RegisterRPC.GetObject(), plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true})
	if err != nil {
		return m.fail(err)
	}
	m.note(args)
	kind := tokens.Type(args.TypeToken)
	provider, simulated := m.providers[string(kind.Package())]
	if !args.Custom || !simulated || strings.HasPrefix(args.TypeToken, "pulumi:providers:") {
		return args.Name, args.Inputs, nil
	}
	urn := URN(args.TypeToken, args.Name)
	ctx := context.Background()
	inputs := unmarked(args.Inputs)
	checked, err := provider.Check(ctx, plugin.CheckRequest{URN: urn, Name: args.Name, Type: kind, News: inputs, RandomSeed: []byte(args.Name)})
	if err != nil {
		return m.fail(err)
	}
	for _, failure := range checked.Failures {
		return m.fail(fmt.Errorf("%s: %s: %s", args.Name, failure.Property, failure.Reason))
	}
	if m.preview {
		return "", planned(kind, inputs), nil
	}
	created, err := provider.Create(ctx, plugin.CreateRequest{URN: urn, Name: args.Name, Type: kind, Properties: checked.Properties})
	if err != nil {
		return m.fail(fmt.Errorf("%s: %w", args.Name, err))
	}
	return string(created.ID), created.Properties, nil
}

// planned is what a preview knows of a resource: its inputs. Mocks can't carry a secret
// whose value is unknown (pulumi/sdk, mocks.go, drops unknown values inside a secret), so
// outputs that are made into secrets get a fixed text.
func planned(kind tokens.Type, inputs resource.PropertyMap) resource.PropertyMap {
	if kind.Package() == "tls" {
		for _, made := range []resource.PropertyKey{"privateKeyPem", "certRequestPem", "certPem"} {
			inputs[made] = resource.NewProperty("to be made")
		}
	}
	return inputs
}

// note records a registration. The SDK's mocks accept two resources of the same type and
// name; an engine does not, and neither does note.
func (m *mocks) note(args pulumi.MockResourceArgs) {
	m.mu.Lock()
	defer m.mu.Unlock()
	request := args.RegisterRPC
	key := request.GetParent() + " " + args.TypeToken + " " + args.Name
	if m.seen[key] {
		m.errs = append(m.errs, fmt.Errorf("duplicate resource %s of type %s", args.Name, args.TypeToken))
	}
	m.seen[key] = true
	sources := map[string][]string{}
	for property, from := range request.GetPropertyDependencies() {
		sources[property] = from.GetUrns()
	}
	m.graph.Resources = append(m.graph.Resources, Resource{
		Type: args.TypeToken, Name: args.Name, Component: !args.Custom, Inputs: args.Inputs,
		Parent: request.GetParent(), Provider: args.Provider, Dependencies: request.GetDependencies(), Sources: sources,
		Protect: request.GetProtect(), RetainOnDelete: request.GetRetainOnDelete(), IgnoreChanges: request.GetIgnoreChanges(),
	})
}

func (m *mocks) fail(err error) (string, resource.PropertyMap, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.errs = append(m.errs, err)
	return "", nil, err
}

// unmarked removes secret and output marks, as the engine does for a provider that does
// not accept them.
func unmarked(inputs resource.PropertyMap) resource.PropertyMap {
	stripped := resource.PropertyMap{}
	for key, value := range inputs {
		stripped[key] = strip(value)
	}
	return stripped
}

func strip(value resource.PropertyValue) resource.PropertyValue {
	switch {
	case value.IsSecret():
		return strip(value.SecretValue().Element)
	case value.IsOutput():
		if !value.OutputValue().Known {
			return resource.MakeComputed(resource.NewProperty(""))
		}
		return strip(value.OutputValue().Element)
	case value.IsArray():
		elements := []resource.PropertyValue{}
		for _, element := range value.ArrayValue() {
			elements = append(elements, strip(element))
		}
		return resource.NewProperty(elements)
	case value.IsObject():
		return resource.NewProperty(unmarked(value.ObjectValue()))
	}
	return value
}

func plain(value resource.PropertyValue) any {
	switch {
	case value.IsSecret(), value.IsOutput() && value.OutputValue().Secret:
		return controls.Masked
	case value.IsArray():
		elements := []any{}
		for _, element := range value.ArrayValue() {
			elements = append(elements, plain(element))
		}
		return elements
	case value.IsObject():
		object := map[string]any{}
		for key, element := range value.ObjectValue() {
			object[string(key)] = plain(element)
		}
		return object
	case value.IsComputed():
		return nil
	}
	return value.V
}
