package rules

import (
	"slices"

	"bastide/components/derive"
	"bastide/components/guardrails/admission"
	"bastide/environment"
	"bastide/policies/controls"
	"bastide/policies/controls/token"
	"bastide/policies/expression"
	"bastide/policies/rule"
)

// admissionRules are the cluster's admission rules, as policies of the same
// names. Each judges what the program makes in the cluster by the expression that
// the cluster will judge it by, and guards the two objects that the rule itself
// has become.
func admissionRules(e *environment.Environment) (all []rule.Rule, err error) {
	language, err := expression.For(e.Kubernetes.Minor())
	if err != nil {
		return nil, err
	}
	for _, source := range admission.Rules(derive.Admission(e)) {
		compiled, err := language.Compile(source)
		if err != nil {
			return nil, err
		}
		all = append(all, admissionRule(e, compiled))
	}
	return all, nil
}

func admissionRule(e *environment.Environment, compiled *expression.Rule) rule.Rule {
	level := controls.Mandatory
	if slices.Contains(e.WarnOnly, compiled.ID) {
		level = controls.Advisory
	}
	return rule.Rule{
		Name: compiled.ID, Controls: compiled.Controls, Level: level,
		Promise: "The cluster's admission rule of this name is there, and is kept",
		Of: func(kind string) bool {
			return kind == token.AdmissionPolicy || kind == token.AdmissionBinding || compiled.Inspects(kind)
		},
		Evaluate: func(r *rule.Resource) {
			switch r.Type {
			case token.AdmissionPolicy:
				demands(r, compiled)
			case token.AdmissionBinding:
				enforces(r, compiled.ID)
			default:
				admits(r, compiled)
			}
		},
		EvaluateStack: func(s *rule.Stack) { stands(s, compiled.ID) },
	}
}

// stands demands that the cluster has a rule's policy, and a binding to it.
func stands(s *rule.Stack, id string) {
	policy, binding := find(s, token.AdmissionPolicy, id), find(s, token.AdmissionBinding, id)
	switch {
	case policy == nil:
		s.Missing("the cluster has no policy of this rule", "let components/guardrails make it")
	case binding == nil:
		s.Missing("the cluster has no binding of this rule, so that it does nothing", "let components/guardrails make it")
	case binding.At("spec.policyName").Unknown() && !slices.Contains(binding.Sources["spec"], policy.URN):
		binding.Wrong("spec.policyName does not come from the rule's policy", "write that policy's name")
	}
}

// find gives a rule's policy or binding; nil if there is none.
func find(s *rule.Stack, kind, id string) *rule.Resource {
	for _, r := range s.Of(kind) {
		if isOf(r, id) {
			return r
		}
	}
	return nil
}

// admits judges what a resource makes in the cluster.
func admits(r *rule.Resource, compiled *expression.Rule) {
	for _, object := range expression.Objects(r.Type, r.Properties()) {
		switch compiled.Evaluate(object) {
		case expression.Refused:
			r.Wrong("the cluster would refuse this", compiled.Words(object))
		case expression.Unknown:
			r.Unknown("what this rule looks at")
		case expression.Passes:
		}
	}
}

// isOf reports whether a policy or a binding is that of a rule.
func isOf(r *rule.Resource, id string) bool {
	return r.At("metadata.name").Holds(admission.PolicyName(id))
}

// enforces judges a rule's binding: it has to do what the environment says.
func enforces(r *rule.Resource, id string) {
	if !isOf(r, id) {
		return
	}
	if policy := r.At("spec.policyName"); !policy.Unknown() { // or stands judges it
		policy.Is(admission.PolicyName(id))
	}
	r.At("spec.validationActions").Is(admission.Actions(r.Environment.WarnOnly, id))
	// Where it looks is a matter of names alone: a label can be put on anything.
	r.At("spec.matchResources.objectSelector").IsAbsent("leave it out")
	r.At("spec.paramRef").IsAbsent("leave it out")
}

// demands judges a rule's policy: it has to be what the rule is.
func demands(r *rule.Resource, compiled *expression.Rule) {
	if !isOf(r, compiled.ID) {
		return
	}
	r.At("spec.failurePolicy").Is("Fail")
	r.At("spec.validations.0.expression").Is(compiled.Valid)
	same(r.At("spec.variables"), compiled.Variables)
	same(r.At("spec.matchConditions"), compiled.Conditions)
}

// same demands that named expressions are those of the rule.
func same(list rule.Value, wants []admission.Named) {
	var found []admission.Named
	for _, item := range list.Items() {
		name, _ := item.At("name").Text()
		text, _ := item.At("expression").Text()
		found = append(found, admission.Named{Name: name, Expression: text})
	}
	if !list.Unknown() && !slices.Equal(found, wants) {
		list.Wrong("leave it as components/guardrails/admission has it")
	}
}
