// Package rule says what a rule of the policy pack is, and gives rules the
// words in which they judge. It knows nothing of engines and protocols: a
// policyResults is a function from properties to findings.
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
	// Name is the policy's, in lower case and hyphens.
	Name string
	// Controls are the rows of the controls table that it serves.
	Controls []string
	// Promise says in one sentence what is so.
	Promise string
	// Level is how much a violation weighs, unless an environment says otherwise.
	Level controls.Level
	// Types are the type tokens of the resources that Evaluate looks at; Of tells
	// them where they can't be listed.
	Types []string
	Of    func(kind string) bool
	// Evaluate looks at one resource: at its inputs, before it is made.
	Evaluate func(*Resource)
	// EvaluateStack looks at all resources together: at their inputs, too.
	EvaluateStack func(*Stack)
}

// Inspects reports whether Evaluate looks at a resource.
func (r Rule) Inspects(kind string) bool {
	return slices.Contains(r.Types, kind) || r.Of != nil && r.Of(kind)
}

// Finding is what a rule has to say about a resource.
type Finding struct {
	// URN is the resource; empty if it is about what is not there.
	URN string
	// Problem says what is wrong, and what to write instead.
	Problem string
	// Unknown says that it can't be told before `up`.
	Unknown bool
}

// Resource is one resource, as a rule sees it.
type Resource struct {
	Type, Name, URN string
	// Protect is the option of that name.
	Protect bool
	// Sources are the URNs of the resources that a property's value comes from,
	// by the property's name. Only a stack has them.
	Sources map[string][]string
	// Environment is what the stack's settings ask for.
	Environment *environment.Environment

	properties property.Value
	findings   []Finding
}

// NewResource wraps the properties of a resource.
func NewResource(kind, name, urn string, properties property.Map, e *environment.Environment) *Resource {
	return &Resource{Type: kind, Name: name, URN: urn, Environment: e, properties: property.New(properties)}
}

// At is the value of a property: a path with dots. A step that has dots of its
// own stands in brackets: metadata.labels[pod-security.kubernetes.io/enforce].
func (r *Resource) At(path string) Value {
	return Value{resource: r, found: r.properties}.At(path)
}

// Wrong reports something that no one property shows.
func (r *Resource) Wrong(problem, write string) {
	r.note(Finding{URN: r.URN, Problem: problem + "; " + write})
}

// Unknown reports something that can't be judged yet.
func (r *Resource) Unknown(what string) {
	r.note(Finding{URN: r.URN, Unknown: true, Problem: what + " is not known before `up`, and is judged then"})
}

// Properties are all of the resource's.
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

// Missing reports something that is not there.
func (s *Stack) Missing(problem, write string) {
	s.findings = append(s.findings, Finding{Problem: problem + "; " + write})
}

// On judges one resource.
func (r Rule) On(resource *Resource) []Finding {
	resource.findings = nil
	r.Evaluate(resource)
	return resource.findings
}

// OnStack judges all resources together.
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
	// What is unknown is known of by now: Evaluate has looked at each resource.
	return slices.DeleteFunc(findings, func(f Finding) bool { return f.Unknown })
}
