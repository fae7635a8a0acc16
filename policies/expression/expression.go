// Package expression judges Kubernetes objects by the admission rules, with the
// very expressions that the cluster's API server will judge them by, before
// there is a cluster.
package expression

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"k8s.io/apimachinery/pkg/util/version"
	celenvironment "k8s.io/apiserver/pkg/cel/environment"

	"bastide/components/guardrails/admission"
)

// Verdict is what a rule says of an object.
type Verdict int

// Verdicts.
const (
	// Passes: the rule has nothing against it, or does not look at it.
	Passes Verdict = iota
	// Refused: the cluster would refuse it.
	Refused
	// Unknown: it depends on a value that is not known yet.
	Unknown
)

// Rule is an admission rule, ready to judge.
type Rule struct {
	admission.Rule
	conditions, variables []named
	valid                 cel.Program
	message               cel.Program // nil where the message says it all
}

type named struct {
	name    string
	program cel.Program
}

// Language is CEL as an API server of one version speaks it. Many rules share
// expressions, so each is compiled once.
type Language struct {
	env      *cel.Env
	compiled map[string]cel.Program
}

// For gives the language of a Kubernetes version, "1.36".
func For(kubernetes string) (*Language, error) {
	parsed, err := version.ParseGeneric(kubernetes)
	if err != nil {
		return nil, fmt.Errorf("reading the Kubernetes version: %w", err)
	}
	set, err := celenvironment.MustBaseEnvSet(parsed).Extend(celenvironment.VersionedOptions{
		IntroducedVersion: version.MajorMinor(1, 0),
		EnvOptions: []cel.EnvOption{
			cel.Variable("object", cel.DynType), cel.Variable("oldObject", cel.DynType), cel.Variable("request", cel.DynType),
			cel.Variable("variables", cel.MapType(cel.StringType, cel.DynType)),
		},
	})
	if err != nil {
		return nil, fmt.Errorf("preparing CEL: %w", err)
	}
	return &Language{env: set.NewExpressionsEnv(), compiled: map[string]cel.Program{}}, nil
}

// Compile prepares a rule.
func (l *Language) Compile(source admission.Rule) (rule *Rule, err error) {
	rule = &Rule{Rule: source}
	if rule.conditions, err = l.compileAll(source.Conditions); err != nil {
		return nil, fmt.Errorf("%s: %w", source.ID, err)
	}
	if rule.variables, err = l.compileAll(source.Variables); err != nil {
		return nil, fmt.Errorf("%s: %w", source.ID, err)
	}
	if rule.valid, err = l.compile(source.Valid); err != nil {
		return nil, fmt.Errorf("%s: %w", source.ID, err)
	}
	if words := source.MessageExpression(); words != "" {
		if rule.message, err = l.compile(words); err != nil {
			return nil, fmt.Errorf("%s: the message: %w", source.ID, err)
		}
	}
	return rule, nil
}

func (l *Language) compileAll(sources []admission.Named) (all []named, err error) {
	for _, source := range sources {
		program, err := l.compile(source.Expression)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", source.Name, err)
		}
		all = append(all, named{source.Name, program})
	}
	return all, nil
}

func (l *Language) compile(expression string) (program cel.Program, err error) {
	if program, done := l.compiled[expression]; done {
		return program, nil
	}
	ast, issues := l.env.Compile(expression)
	if issues.Err() != nil {
		return nil, fmt.Errorf("compiling %q: %w", expression, issues.Err())
	}
	// Partial: what depends on an unknown value is unknown itself, and not wrong.
	program, err = l.env.Program(ast, cel.EvalOptions(cel.OptOptimize, cel.OptPartialEval))
	l.compiled[expression] = program
	return program, err
}

// Inspects reports whether the rule looks at what a Pulumi resource of a type makes.
func (r *Rule) Inspects(kind string) bool {
	return slices.ContainsFunc(kinds(kind), func(o Object) bool { return o.matches(r.Match) })
}

// Evaluate asks what the cluster would say, were the object made now. Like the
// cluster, it refuses what it can't judge.
func (r *Rule) Evaluate(o Object) Verdict {
	input := o.input()
	if !o.matches(r.Match) || !o.within(r.Rule) {
		return Passes
	}
	for _, condition := range r.conditions {
		switch value := evaluate(condition.program, input); {
		case types.IsUnknown(value):
			return Unknown
		case value == types.False:
			return Passes
		case value != types.True:
			return Refused
		}
	}
	r.define(input)
	switch value := evaluate(r.valid, input); {
	case types.IsUnknown(value):
		return Unknown
	case value == types.True:
		return Passes
	}
	return Refused
}

// Words are those with which the cluster would refuse an object, without the rule's name.
// They are the message alone where it depends on what is not known yet, or is secret.
func (r *Rule) Words(o Object) string {
	if r.message == nil || o.secret {
		return r.Message
	}
	input := o.input()
	r.define(input)
	words, ok := evaluate(r.message, input).Value().(string)
	if !ok {
		return r.Message
	}
	return strings.TrimPrefix(words, r.ID+": ")
}

// define adds the rule's variables to what expressions see, one after the other.
func (r *Rule) define(input map[string]any) {
	variables := map[string]any{}
	input["variables"] = variables
	for _, variable := range r.variables {
		variables[variable.name] = evaluate(variable.program, input)
	}
}

// evaluate gives an error as a value, which matters only to what uses it.
func evaluate(program cel.Program, input map[string]any) ref.Val {
	value, _, err := program.Eval(input)
	if err != nil {
		return types.WrapErr(err)
	}
	if value == nil {
		return types.WrapErr(errors.New("no value"))
	}
	return value
}
