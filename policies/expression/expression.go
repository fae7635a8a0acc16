// Package expression evaluates admission rules on Kubernetes objects before there is a
// cluster, with the CEL expressions that the cluster's API server will evaluate.
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

// Result is the result of evaluating a rule on an object.
type Result int

// Results.
const (
	// Passes: the rule allows the object, or does not apply to it.
	Passes Result = iota
	// Refused: the cluster would refuse it.
	Refused
	// Unknown: the result depends on a value that is not known yet.
	Unknown
)

// Rule is a compiled admission rule.
type Rule struct {
	admission.Rule
	conditions, variables []named
	valid                 cel.Program
	message               cel.Program // nil if the rule has only a fixed message
}

type named struct {
	name    string
	program cel.Program
}

// Language is CEL with the functions of one version of the API server. It compiles each
// expression once, because many rules share expressions.
type Language struct {
	env      *cel.Env
	compiled map[string]cel.Program
}

// For returns the language of a Kubernetes version such as "1.36".
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

// Compile compiles a rule.
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
	if message := source.MessageExpression(); message != "" {
		if rule.message, err = l.compile(message); err != nil {
			return nil, fmt.Errorf("%s: the message: %w", source.ID, err)
		}
	}
	return rule, nil
}

func (l *Language) compileAll(sources []admission.NamedExpression) (all []named, err error) {
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
	// Partial evaluation, so that what depends on an unknown value is unknown, not an error.
	program, err = l.env.Program(ast, cel.EvalOptions(cel.OptOptimize, cel.OptPartialEval))
	l.compiled[expression] = program
	return program, err
}

// Inspects reports whether the rule applies to objects that Pulumi resources of a type
// create.
func (r *Rule) Inspects(kind string) bool {
	return slices.ContainsFunc(kinds(kind), func(o Object) bool { return o.matches(r.Match) })
}

// Evaluate evaluates the rule as the cluster would on creation of the object. Like the
// cluster, it refuses an object on which the evaluation fails.
func (r *Rule) Evaluate(o Object) Result {
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

// Refusal is the message with which the cluster would refuse an object, without the
// rule's name. It is the rule's fixed message if the details depend on a value that is
// unknown, or if the object contains secrets.
func (r *Rule) Refusal(o Object) string {
	if r.message == nil || o.secret {
		return r.Message
	}
	input := o.input()
	r.define(input)
	message, ok := evaluate(r.message, input).Value().(string)
	if !ok {
		return r.Message
	}
	return strings.TrimPrefix(message, r.ID+": ")
}

// define adds the rule's variables to the input of expressions, in order, because they
// may refer to earlier ones.
func (r *Rule) define(input map[string]any) {
	variables := map[string]any{}
	input["variables"] = variables
	for _, variable := range r.variables {
		variables[variable.name] = evaluate(variable.program, input)
	}
}

// evaluate returns errors as values, so that an error in a variable matters only to
// expressions that use it.
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
