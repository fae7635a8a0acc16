// Package admission holds the admission rules as data: what each rule requires, which
// objects it matches, and the message with which it refuses them. It creates no
// resources; the guardrails turn each rule into a ValidatingAdmissionPolicy.
//
// Expressions are CEL as Kubernetes 1.35 and later take it.
package admission

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"bastide/components/guardrails/sizes"
	"bastide/environment"
)

// Rule is one admission rule.
type Rule struct {
	// ID is the rule's name, in lower case with hyphens. The settings refer to it through
	// environment.AdmissionRules, which is generated.
	ID string
	// Controls are the IDs of the controls that the rule implements.
	Controls []string
	// Message tells the user what to write instead. It is shown with the rule's ID before
	// it, and with what Refused lists after it.
	Message string
	// Match lists the kinds of objects and the operations that the rule applies to.
	Match []Match
	// Scope says in which namespaces the rule applies; Rules resolves it to Namespaces.
	Scope      Scope
	Namespaces Selector
	// Conditions are the match conditions, all of which have to hold for the rule to apply.
	Conditions []NamedExpression
	// Variables are available to Valid and Refused.
	Variables []NamedExpression
	// Valid is the CEL expression that is true for objects that the rule accepts.
	Valid string
	// Refused is a comma-separated list of CEL expressions, each a string that names one
	// refused item, or an empty string. It is empty where the message says everything.
	Refused string
}

// MessageExpression is the CEL expression of the message, followed by the refused items.
// If it can't be evaluated, or its result exceeds the API server's limit, the API server
// falls back to the message alone.
func (r Rule) MessageExpression() string {
	if r.Refused == "" {
		return ""
	}
	return quote(r.Text()) + " + [" + r.Refused + "].filter(all, all.size() > 0).map(all, ' (refused: ' + all.join(', ') + ')').join('')"
}

// Text is the message as users see it.
func (r Rule) Text() string { return r.ID + ": " + r.Message }

// Match is a set of resources and the operations on them.
type Match struct {
	Group      string
	Versions   []string
	Resources  []string
	Operations []string
}

// NamedExpression is a CEL expression with a name.
type NamedExpression struct{ Name, Expression string }

// Scope is a choice of namespaces.
type Scope int

const (
	// NonExempt is every namespace except Params.Exempt.
	NonExempt Scope = iota
	// NonJob is every non-exempt namespace except those of build jobs.
	NonJob
	// Unprivileged is every non-exempt namespace except those of privileged build jobs.
	Unprivileged
	// Jobs is the namespaces of build jobs.
	Jobs
	// Default is the namespace called default.
	Default
	// Cluster is for cluster-scoped objects, and for rules that check namespace names
	// in their own expressions.
	Cluster
)

// Selector selects namespaces by name. The zero value selects all of them, and
// cluster-scoped objects.
type Selector struct {
	// Operator is In or NotIn, as in label selectors.
	Operator string
	Names    []string
}

// Has reports whether the selector selects a namespace.
func (s Selector) Has(namespace string) bool {
	return s.Operator == "" || slices.Contains(s.Names, namespace) == (s.Operator == "In")
}

// Select resolves a scope to the namespaces of an environment.
func (p Params) Select(scope Scope) Selector {
	switch scope {
	case NonExempt:
		return Selector{"NotIn", p.Exempt}
	case NonJob:
		return Selector{"NotIn", slices.Concat(p.Exempt, p.Jobs.Namespaces)}
	case Unprivileged:
		if p.Jobs.Privileged {
			return p.Select(NonJob)
		}
		return p.Select(NonExempt)
	case Jobs:
		return Selector{"In", p.Jobs.Namespaces}
	case Default:
		return Selector{"In", []string{environment.UnusedNamespace}}
	case Cluster:
	}
	return Selector{}
}

// Params are the properties of an environment that the rules depend on.
type Params struct {
	// Exempt are the system namespaces, to which no rule applies.
	Exempt []string
	// Version is the version of the Pod Security Standards, such as v1.36.
	Version string
	// Platform are the platform's own namespaces.
	Platform []string
	// Registry is the address of the environment's own image registry. Images are the
	// patterns of images allowed outside the namespaces of build jobs and runners, in
	// the syntax of environment.ImageMatches.
	Registry string
	Images   []string
	// Admin are the only source ranges that a load balancer may accept.
	Admin []netip.Prefix
	// Taint is the taint of the node pool for build jobs.
	Taint environment.Taint
	// Jobs describes the build jobs; its zero value means that there are none.
	Jobs JobParams
	// StorageClasses are the storage classes that encrypt with the environment's key.
	StorageClasses []string
	// Bounds are the resource bounds of the namespaces that the program creates, by name.
	Bounds map[string]sizes.Bounds
}

// JobParams are the properties of build jobs that the rules depend on.
type JobParams struct {
	// Namespaces are the namespaces in which jobs run; empty if there are no jobs.
	Namespaces []string
	// Privileged allows privileged containers in jobs; Sandbox requires gVisor for each
	// job.
	Privileged, Sandbox bool
	// Images are the patterns of images that jobs may use. RunnerImages are those allowed
	// in the namespace of the runners that send jobs.
	Images, RunnerImages []string
}

// Mode is the mode of build jobs, as bastide:ci names it.
func (j JobParams) Mode() string {
	switch {
	case j.Privileged:
		return environment.Privileged
	case j.Sandbox:
		return environment.Sandbox
	}
	return environment.Off
}

// Rules are all admission rules of an environment.
func Rules(p Params) []Rule {
	rules := slices.Concat(containerRules, podRules(p), placementRules(p), imageRules(p), jobRules(p), nodeRules(p), limitRules(), serviceRules(p), namespaceRules(p), accessRules)
	for i := range rules {
		rules[i].Namespaces = p.Select(rules[i].Scope)
	}
	return rules
}

var (
	created = []string{"CREATE"}
	written = []string{"CREATE", "UPDATE"}

	// Pods are checked when they are created, debug containers when they are added.
	// Other updates are not checked: otherwise nobody could remove a finalizer from a
	// pod that is older than a rule.
	newPods   = Match{Versions: []string{"v1"}, Resources: []string{"pods"}, Operations: created}
	debugPods = Match{Versions: []string{"v1"}, Resources: []string{"pods/ephemeralcontainers"}, Operations: []string{"UPDATE"}}
	// For fields that can change in a running pod, such as images and tolerations.
	changedPods = Match{Versions: []string{"v1"}, Resources: []string{"pods"}, Operations: written}
)

// containerVariables are a pod's containers, and its debug containers. The former is
// empty if the request changes debug containers only. CEL can't join the two lists,
// because their elements have different types.
var containerVariables = []NamedExpression{
	{"containers", "request.?subResource.orValue('') == 'ephemeralcontainers' ? [] : object.spec.containers + object.spec.?initContainers.orValue([])"},
	{"debuggers", "object.spec.?ephemeralContainers.orValue([])"},
}

// each requires a condition of every container c, including init and debug containers.
func each(condition string) string {
	return fmt.Sprintf("variables.containers.all(c, %[1]s) && variables.debuggers.all(c, %[1]s)", condition)
}

// quote writes a CEL string literal.
func quote(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}

// quoted writes a CEL list of string literals.
func quoted(texts []string) string {
	var all []string
	for _, text := range texts {
		all = append(all, quote(text))
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// imageExpression is the regular expression that matches the same images as
// environment.ImageMatches does for the patterns. It is one expression for all of them,
// since the API server compiles it again for each image.
func imageExpression(patterns []string) string {
	alternatives := make([]string, 0, len(patterns))
	for _, pattern := range patterns {
		prefix, rest := pattern, ""
		if trimmed, deep := strings.CutSuffix(pattern, "**"); deep {
			prefix, rest = trimmed, ".*"
		} else if trimmed, wild := strings.CutSuffix(pattern, "*"); wild {
			prefix, rest = trimmed, "[^/]*"
		}
		alternatives = append(alternatives, regexp.QuoteMeta(prefix)+rest)
	}
	return "^(?s:" + strings.Join(alternatives, "|") + ")$"
}
