// Package admission is the admission rules as data: what each demands, of what,
// and the words with which it refuses. It makes no resource; the guardrails
// turn each rule into a ValidatingAdmissionPolicy.
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

// Rule is one demand.
type Rule struct {
	// ID is its name, in lower case and hyphens. Settings know it by environment.AdmissionRules,
	// which is generated.
	ID string
	// Controls are the rows of the controls table that it serves.
	Controls []string
	// Message says what to write instead. People see it, and what Refused lists.
	Message string
	// Match is what the rule looks at.
	Match []Match
	// Scope is where it looks, and Namespaces which namespaces that are.
	Scope      Scope
	Namespaces Selector
	// Conditions have to hold for the rule to look at all.
	Conditions []Named
	// Variables are for the expressions.
	Variables []Named
	// Valid is the demand.
	Valid string
	// Refused is a list of what the demand refuses, as texts; empty where the message says
	// it all.
	Refused string
}

// MessageExpression gives the message with what is refused at its end. Where it can't be
// evaluated, or would be longer than the API server takes, the message stands alone.
func (r Rule) MessageExpression() string {
	if r.Refused == "" {
		return ""
	}
	return quote(r.Text()) + " + [" + r.Refused + "].filter(all, all.size() > 0).map(all, ' (refused: ' + all.join(', ') + ')').join('')"
}

// Text is the message as people see it.
func (r Rule) Text() string { return r.ID + ": " + r.Message }

// Match is a kind of object, and what is being done with it.
type Match struct {
	Group      string
	Versions   []string
	Resources  []string
	Operations []string
}

// Named is an expression with a name.
type Named struct{ Name, Expression string }

// Scope is a choice of namespaces.
type Scope int

const (
	// Guarded is every namespace but the system's.
	Guarded Scope = iota
	// Ordinary is that, but for the namespaces of build jobs.
	Ordinary
	// Confined is Guarded, but for the namespaces of jobs that are privileged.
	Confined
	// Jobs is the namespaces of build jobs.
	Jobs
	// Default is the namespace of that name.
	Default
	// Cluster is for objects outside of namespaces, and for rules that look at
	// namespaces' names themselves.
	Cluster
)

// Selector chooses namespaces by their names. The zero value chooses all, and
// what is outside of namespaces.
type Selector struct {
	// Operator is In or NotIn, as label selectors have them.
	Operator string
	Names    []string
}

// Has tells whether a namespace is chosen.
func (s Selector) Has(namespace string) bool {
	return s.Operator == "" || slices.Contains(s.Names, namespace) == (s.Operator == "In")
}

// Select resolves a scope.
func (p Params) Select(scope Scope) Selector {
	switch scope {
	case Guarded:
		return Selector{"NotIn", p.Exempt}
	case Ordinary:
		return Selector{"NotIn", slices.Concat(p.Exempt, p.Jobs.Namespaces)}
	case Confined:
		if p.Jobs.Privileged {
			return p.Select(Ordinary)
		}
		return p.Select(Guarded)
	case Jobs:
		return Selector{"In", p.Jobs.Namespaces}
	case Default:
		return Selector{"In", []string{environment.UnusedNamespace}}
	case Cluster:
	}
	return Selector{}
}

// Params is what the rules have to know of an environment.
type Params struct {
	// Exempt are the namespaces that no rule reaches.
	Exempt []string
	// Version is that of the Pod Security Standards, v1.36.
	Version string
	// Platform are the platform's own namespaces.
	Platform []string
	// Registry is the address of the environment's own images; Images are patterns of
	// all that may run where no jobs are, as environment.ImageMatches reads them.
	Registry string
	Images   []string
	// Admin are the only ranges that a load balancer may serve.
	Admin []netip.Prefix
	// Taint is that of the pool for build jobs.
	Taint environment.Taint
	// Jobs is where build jobs run, if they do.
	Jobs JobParams
	// StorageClasses are those that encrypt.
	StorageClasses []string
	// Bounds are those of the namespaces that the program makes.
	Bounds map[string]sizes.Bounds
}

// JobParams is what the rules have to know of build jobs.
type JobParams struct {
	// Namespaces are those of the jobs; none if there are no jobs.
	Namespaces []string
	// Privileged lets their containers own their node; Sandbox has each run
	// under gVisor.
	Privileged, Sandbox bool
	// Images are patterns of all that may run as a job, RunnerImages of all that may run
	// where their senders are.
	Images, RunnerImages []string
}

// Mode is the mode of build jobs, as the settings name it.
func (j JobParams) Mode() string {
	switch {
	case j.Privileged:
		return environment.Privileged
	case j.Sandbox:
		return environment.Sandbox
	}
	return environment.Off
}

// Rules are all rules of an environment.
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

	// Pods are looked at when they are made; debug containers when they are
	// added. Other updates of older pods go through, or nobody could take a
	// finalizer off them.
	newPods   = Match{Versions: []string{"v1"}, Resources: []string{"pods"}, Operations: created}
	debugPods = Match{Versions: []string{"v1"}, Resources: []string{"pods/ephemeralcontainers"}, Operations: []string{"UPDATE"}}
	// What may change in a running pod is looked at then, too.
	changedPods = Match{Versions: []string{"v1"}, Resources: []string{"pods"}, Operations: written}
)

// A pod's containers, unless only its debug containers are being changed. The
// two lists have different types, so each stays by itself.
var containerVariables = []Named{
	{"containers", "request.?subResource.orValue('') == 'ephemeralcontainers' ? [] : object.spec.containers + object.spec.?initContainers.orValue([])"},
	{"debuggers", "object.spec.?ephemeralContainers.orValue([])"},
}

// each is a demand on every container c, init and debug containers included.
func each(demand string) string {
	return fmt.Sprintf("variables.containers.all(c, %[1]s) && variables.debuggers.all(c, %[1]s)", demand)
}

// quote is a text in CEL.
func quote(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}

// quoted is a CEL list of texts.
func quoted(texts []string) string {
	var all []string
	for _, text := range texts {
		all = append(all, quote(text))
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// imageForm is the regular expression of all images of some patterns, and of no others:
// what environment.ImageMatches tells of each. One for all of them, since the API server
// prepares it anew for each image.
func imageForm(patterns []string) string {
	forms := make([]string, 0, len(patterns))
	for _, pattern := range patterns {
		prefix, rest := pattern, ""
		if trimmed, deep := strings.CutSuffix(pattern, "**"); deep {
			prefix, rest = trimmed, ".*"
		} else if trimmed, wild := strings.CutSuffix(pattern, "*"); wild {
			prefix, rest = trimmed, "[^/]*"
		}
		forms = append(forms, regexp.QuoteMeta(prefix)+rest)
	}
	return "^(?s:" + strings.Join(forms, "|") + ")$"
}
