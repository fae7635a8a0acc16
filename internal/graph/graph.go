// Package graph records what a Pulumi program registers, without an engine: on
// the SDK's mocks, with the simulated Google Cloud behind them. So inputs are
// held against the provider's schema and the cloud's rules, and outputs are
// those that the cloud would compute.
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

// Resource is one registration.
type Resource struct {
	Type, Name string
	Component  bool
	// Inputs are as registered; secrets keep their mark.
	Inputs resource.PropertyMap
	// Options of the registration that matter here.
	Parent, Provider string
	Dependencies     []string
	// Sources are the URNs that each input comes from.
	Sources                 map[string][]string
	Protect, RetainOnDelete bool
	IgnoreChanges           []string
}

// Graph is what a program registered.
type Graph struct {
	Resources []Resource
	// Cloud is the simulated one, with what the program made in it.
	Cloud *googlecloud.Cloud
}

// Program is what is recorded, and as whom.
type Program struct {
	Run     pulumi.RunFunc
	Project string // of Pulumi
	Stack   string
	Config  map[string]string
	Secrets []string
	// Preview leaves every computed output unknown.
	Preview bool
	// GoogleProject and Region configure the simulated cloud.
	GoogleProject, Region string
	// Scale is that of the cloud's clock; at 0 nothing takes time.
	Scale float64
}

// Record runs a program.
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

// URN is what the simulated cloud knows a resource by.
func URN(kind, name string) resource.URN {
	return resource.NewURN("test", "test", "", tokens.Type(kind), name)
}

// Find gives a resource by name; it is nil where there is none.
func (g *Graph) Find(name string) *Resource {
	for i := range g.Resources {
		if g.Resources[i].Name == name && !g.Resources[i].Component {
			return &g.Resources[i]
		}
	}
	return nil
}

// At gives a resource by its URN, a component too; it is nil where there is none.
func (g *Graph) At(urn string) *Resource {
	for i := range g.Resources {
		r := &g.Resources[i]
		if strings.HasSuffix(urn, r.Type+"::"+r.Name) {
			return r
		}
	}
	return nil
}

// DependsOn tells whether a resource waits for another: itself, over others, or
// over what it is part of.
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

// Of lists the resources of a type.
func (g *Graph) Of(kind string) (all []Resource) {
	for _, r := range g.Resources {
		if r.Type == kind {
			all = append(all, r)
		}
	}
	return all
}

// Plain is the inputs without marks; what is unknown is left out, and what is
// secret is the word controls.Masked.
func (r Resource) Plain() map[string]any {
	return plain(resource.NewProperty(r.Inputs)).(map[string]any)
}

// Value follows a path such as nodeConfig.taints.0.key through the plain inputs. It
// is nil where the last key has no value; where nothing is above it, that is an
// error.
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

// Bare is Plain with secrets in clear, as the cloud receives them.
func (r Resource) Bare() map[string]any {
	return plain(resource.NewProperty(unmarked(r.Inputs))).(map[string]any)
}

// mocks hands registrations to the simulated providers.
type mocks struct {
	preview   bool
	providers map[string]plugin.Provider

	mu    sync.Mutex
	seen  map[string]bool
	errs  []error
	graph *Graph
}

// Call hands the provider's functions to the simulated providers, which answer
// previews as well.
func (m *mocks) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	function := tokens.ModuleMember(args.Token)
	behind, simulated := m.providers[string(function.Package())]
	if !simulated {
		return nil, fmt.Errorf("nothing answers the function %s", args.Token)
	}
	answer, err := behind.Invoke(context.Background(), plugin.InvokeRequest{Tok: function, Args: unmarked(args.Args), Preview: m.preview})
	return answer.Properties, err
}

func (m *mocks) NewResource(args pulumi.MockResourceArgs) (id string, outputs resource.PropertyMap, err error) {
	// Mocks drop what is unknown from Inputs; the request has it.
	args.Inputs, err = plugin.UnmarshalProperties(args.RegisterRPC.GetObject(), plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true})
	if err != nil {
		return m.fail(err)
	}
	m.note(args)
	kind := tokens.Type(args.TypeToken)
	behind, simulated := m.providers[string(kind.Package())]
	if !args.Custom || !simulated || strings.HasPrefix(args.TypeToken, "pulumi:providers:") {
		return args.Name, args.Inputs, nil
	}
	urn := URN(args.TypeToken, args.Name)
	ctx := context.Background()
	inputs := unmarked(args.Inputs)
	checked, err := behind.Check(ctx, plugin.CheckRequest{URN: urn, Name: args.Name, Type: kind, News: inputs, RandomSeed: []byte(args.Name)})
	if err != nil {
		return m.fail(err)
	}
	for _, failure := range checked.Failures {
		return m.fail(fmt.Errorf("%s: %s: %s", args.Name, failure.Property, failure.Reason))
	}
	if m.preview {
		return "", planned(kind, inputs), nil
	}
	created, err := behind.Create(ctx, plugin.CreateRequest{URN: urn, Name: args.Name, Type: kind, Properties: checked.Properties})
	if err != nil {
		return m.fail(fmt.Errorf("%s: %w", args.Name, err))
	}
	return string(created.ID), created.Properties, nil
}

// planned is what a preview knows of a resource: its inputs. Mocks can't carry a
// secret that is not known yet (pulumi/sdk, mocks.go, drops what is unknown from
// inside the mark), so what ends up in one stands there as words.
func planned(kind tokens.Type, inputs resource.PropertyMap) resource.PropertyMap {
	if kind.Package() == "tls" {
		for _, made := range []resource.PropertyKey{"privateKeyPem", "certRequestPem", "certPem"} {
			inputs[made] = resource.NewProperty("to be made")
		}
	}
	return inputs
}

// note records a registration. Mocks let two resources share a name; an engine
// does not, and neither does this.
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

// unmarked takes secret and output marks away, as the engine does for a
// provider that keeps none.
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
