// Package rule defines the rules of the policy pack, and provides the helpers with which
// they check properties. It is independent of Pulumi's engine and its protocol: a rule is
// a function from properties to findings.
package rule

import (
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"bastide/environment"
	"bastide/policies/controls"
)

// Rule is one promise about resources.
type Rule struct {
	// Name is the policy's name, in lower case and hyphens.
	Name string
	// Controls are the IDs of the controls that it serves.
	Controls []string
	// Promise is the promise in one sentence.
	Promise string
	// Level is the enforcement level, unless an environment overrides it.
	Level controls.Level
	// Types are the type tokens of the resources that Evaluate checks. Of matches type
	// tokens that can't be listed.
	Types []string
	Of    func(kind string) bool
	// Evaluate checks the inputs of one resource, before it is created.
	Evaluate func(*Resource)
	// EvaluateStack checks the inputs of all resources together.
	EvaluateStack func(*Stack)
}

// Inspects reports whether Evaluate checks resources of a type.
func (r Rule) Inspects(kind string) bool {
	return slices.Contains(r.Types, kind) || r.Of != nil && r.Of(kind)
}

// Finding is one result of a rule about a resource.
type Finding struct {
	// URN is that of the resource; empty if a resource is missing.
	URN string
	// Problem says what is wrong, and what to write instead.
	Problem string
	// Unknown says that the rule can't be evaluated before `up`.
	Unknown bool
}

// Resource is one resource, as a rule sees it.
type Resource struct {
	Type, Name, URN string
	// Protect is the resource option of that name.
	Protect bool
	// IgnoreChanges are the paths of the resource option of that name. For properties
	// below them the engine passes the inputs of the last `up`, not those of the program.
	IgnoreChanges []string
	// Sources are the URNs of the resources that a property depends on, by the
	// property's name. They are set in EvaluateStack only.
	Sources map[string][]string
	// Environment is the environment that the stack's settings describe.
	Environment *environment.Environment

	properties property.Value
	findings   []Finding
}

// NewResource wraps the properties of a resource.
func NewResource(kind, name, urn string, properties property.Map, e *environment.Environment) *Resource {
	return &Resource{Type: kind, Name: name, URN: urn, Environment: e, properties: property.New(properties)}
}

// At is the value of the property at a path, whose steps are separated by dots. A step
// that contains dots is written in brackets:
// metadata.labels[pod-security.kubernetes.io/enforce].
func (r *Resource) At(path string) Value {
	return Value{resource: r, found: r.properties}.At(path)
}

func (r *Resource) ignoresChanges(path string) bool {
	return slices.ContainsFunc(r.IgnoreChanges, func(ignored string) bool {
		below, found := strings.CutPrefix(path, ignored)
		return found && (below == "" || below[0] == '.' || below[0] == '[')
	})
}

// Wrong reports a problem of the resource that is not one of a single property.
func (r *Resource) Wrong(problem, write string) {
	r.note(Finding{URN: r.URN, Problem: problem + "; " + write})
}

// Unknown reports something that can't be evaluated yet.
func (r *Resource) Unknown(what string) {
	r.note(Finding{URN: r.URN, Unknown: true, Problem: what + " is not known before `up`, and is checked then"})
}

// Properties are all inputs of the resource.
func (r *Resource) Properties() property.Map { return r.properties.AsMap() }

func (r *Resource) note(f Finding) { r.findings = append(r.findings, f) }

// Kind is the last part of the type: Cluster, NodePool.
func (r *Resource) Kind() string { return r.Type[strings.LastIndex(r.Type, ":")+1:] }

// Stack is all resources of a stack.
type Stack struct {
	Resources   []*Resource
	Environment *environment.Environment

	findings []Finding
}

// Of lists the resources of some types.
func (s *Stack) Of(types ...string) (all []*Resource) {
	for _, r := range s.Resources {
		if slices.Contains(types, r.Type) {
			all = append(all, r)
		}
	}
	return all
}

// Missing reports a missing resource.
func (s *Stack) Missing(problem, write string) {
	s.findings = append(s.findings, Finding{Problem: problem + "; " + write})
}

// On evaluates the rule for one resource.
func (r Rule) On(resource *Resource) []Finding {
	resource.findings = nil
	r.Evaluate(resource)
	return resource.findings
}

// OnStack evaluates the rule for all resources together.
func (r Rule) OnStack(stack *Stack) []Finding {
	stack.findings = nil
	for _, resource := range stack.Resources {
		resource.findings = nil
	}
	r.EvaluateStack(stack)
	findings := stack.findings
	for _, resource := range stack.Resources {
		findings = append(findings, resource.findings...)
	}
	// Evaluate has already reported what is unknown in each resource.
	return slices.DeleteFunc(findings, func(f Finding) bool { return f.Unknown })
}
