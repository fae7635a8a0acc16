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

// admissionRules are policies for the cluster's admission rules, with the same names.
// Each evaluates the rule's expression on what the program creates in the cluster, and
// checks the rule's own ValidatingAdmissionPolicy and binding.
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
		Promise: "The cluster has the admission rule of this name, and the program complies with it",
		Of: func(kind string) bool {
			return kind == token.AdmissionPolicy || kind == token.AdmissionBinding || compiled.Inspects(kind)
		},
		Evaluate: func(r *rule.Resource) {
			switch r.Type {
			case token.AdmissionPolicy:
				checkPolicy(r, compiled)
			case token.AdmissionBinding:
				checkBinding(r, compiled.ID)
			default:
				checkObjects(r, compiled)
			}
		},
		EvaluateStack: func(s *rule.Stack) { checkExistence(s, compiled.ID) },
	}
}

// checkExistence demands that the cluster has a rule's policy and its binding.
func checkExistence(s *rule.Stack, id string) {
	policy, binding := find(s, token.AdmissionPolicy, id), find(s, token.AdmissionBinding, id)
	switch {
	case policy == nil:
		s.Missing("the cluster has no ValidatingAdmissionPolicy for this rule", "restore the one that components/guardrails creates")
	case binding == nil:
		s.Missing("the cluster has no binding for this rule, so the rule has no effect", "restore the one that components/guardrails creates")
	case binding.At("spec.policyName").Unknown() && !slices.Contains(binding.Sources["spec"], policy.URN):
		binding.Wrong("spec.policyName does not come from the rule's policy", "use the name of that policy")
	}
}

// find returns a rule's policy or binding, or nil.
func find(s *rule.Stack, kind, id string) *rule.Resource {
	for _, r := range s.Of(kind) {
		if isOf(r, id) {
			return r
		}
	}
	return nil
}

// checkObjects evaluates the rule on what a resource creates in the cluster.
func checkObjects(r *rule.Resource, compiled *expression.Rule) {
	for _, object := range expression.Objects(r.Type, r.Properties()) {
		switch compiled.Evaluate(object) {
		case expression.Refused:
			r.Wrong("the cluster would refuse this", compiled.Refusal(object))
		case expression.Unknown:
			r.Unknown("a value that this rule checks")
		case expression.Passes:
		}
	}
}

// isOf reports whether a policy or binding belongs to a rule.
func isOf(r *rule.Resource, id string) bool {
	return r.At("metadata.name").Holds(admission.PolicyName(id))
}

// checkBinding checks a rule's binding: it has to refuse or warn as the settings say.
func checkBinding(r *rule.Resource, id string) {
	if !isOf(r, id) {
		return
	}
	if policy := r.At("spec.policyName"); !policy.Unknown() { // checkExistence handles an unknown name
		policy.Is(admission.PolicyName(id))
	}
	r.At("spec.validationActions").Is(admission.Actions(r.Environment.WarnOnly, id))
	// A selector could exempt objects by a label, which anyone can set.
	r.At("spec.matchResources.objectSelector").IsAbsent("remove it")
	r.At("spec.paramRef").IsAbsent("remove it")
}

// checkPolicy checks that a rule's policy has the expressions of the rule.
func checkPolicy(r *rule.Resource, compiled *expression.Rule) {
	if !isOf(r, compiled.ID) {
		return
	}
	r.At("spec.failurePolicy").Is("Fail")
	r.At("spec.validations.0.expression").Is(compiled.Valid)
	same(r.At("spec.variables"), compiled.Variables)
	same(r.At("spec.matchConditions"), compiled.Conditions)
}

// same demands that a list of named expressions is that of the rule.
func same(list rule.Value, wants []admission.NamedExpression) {
	var found []admission.NamedExpression
	for _, item := range list.Items() {
		name, _ := item.At("name").Text()
		text, _ := item.At("expression").Text()
		found = append(found, admission.NamedExpression{Name: name, Expression: text})
	}
	if !list.Unknown() && !slices.Equal(found, wants) {
		list.Wrong("restore the expressions of components/guardrails/admission")
	}
}
