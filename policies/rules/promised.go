package rules

import (
	"slices"

	"bastide/policies/controls"
	"bastide/policies/rule"
)

// promised are the policies for the promises in the controls table.
func promised() (all []rule.Rule) {
	for _, control := range controls.All() {
		for _, promise := range control.Promises {
			all = append(all, enforce(promise))
		}
	}
	return all
}

// enforce is the policy for a promise: it enforces the checks, and what its code demands.
func enforce(promise controls.Promise) rule.Rule {
	more := code[promise.Policy]
	policy := rule.Rule{
		Name: promise.Policy, Controls: controls.Serves(promise.Policy), Promise: promise.Says, Level: promise.Level,
		Types: slices.Concat(types(promise.Checks), more.Types), Of: more.Of,
	}
	if len(policy.Types) > 0 || policy.Of != nil {
		policy.Evaluate = func(r *rule.Resource) {
			demandEach(r, promise.Checks)
			if more.Inspects(r.Type) {
				more.Evaluate(r)
			}
		}
	}
	if keys := keysOf(promise.Checks); len(keys) > 0 || more.EvaluateStack != nil {
		policy.EvaluateStack = func(s *rule.Stack) {
			demandSources(s, keys)
			if more.EvaluateStack != nil {
				more.EvaluateStack(s)
			}
		}
	}
	return policy
}

// types are the types of resources that checks apply to.
func types(checks []controls.Check) (all []string) {
	for _, check := range checks {
		if !slices.Contains(all, check.Type) {
			all = append(all, check.Type)
		}
	}
	return all
}

// demandEach enforces the checks that apply to a resource.
func demandEach(r *rule.Resource, checks []controls.Check) {
	for _, check := range checks {
		if check.Applies(r.Type, r.Name) {
			demand(r, check)
		}
	}
}

func demand(r *rule.Resource, check controls.Check) {
	if check.Want == controls.Nowhere {
		r.Wrong("there is a "+r.Kind()+", but there must be none", check.Write)
		return
	}
	value := r.At(check.Path)
	switch want := check.Want.(type) {
	case controls.Condition:
		meet(value, want, check.Write)
	case controls.OneOf:
		value.IsOneOf(anyOf(want)...)
	case controls.AtLeast:
		value.AtLeast(want.Least, want.Unit)
	case controls.HasAll:
		value.HasAll(want)
	case controls.Key:
		demandKey(value, string(want))
	default:
		value.Is(want)
	}
}

// meet demands a condition.
func meet(value rule.Value, want controls.Condition, write string) {
	switch want {
	case controls.Present:
		value.IsSet(write)
	case controls.Absent:
		value.IsAbsent(write)
	case controls.Secret:
		secret(value)
	case controls.Nowhere: // demand handles it
	}
}

func anyOf(texts []string) (all []any) {
	for _, text := range texts {
		all = append(all, text)
	}
	return all
}

// keysOf selects the checks that want a key.
func keysOf(checks []controls.Check) (all []controls.Check) {
	for _, check := range checks {
		if _, isKey := check.Want.(controls.Key); isKey {
			all = append(all, check)
		}
	}
	return all
}

// demandSources demands that keys whose IDs are not known yet are the environment's own.
func demandSources(s *rule.Stack, checks []controls.Check) {
	for _, check := range checks {
		use, _ := check.Want.(controls.Key)
		for _, r := range s.Of(check.Type) {
			if check.Applies(r.Type, r.Name) {
				demandSource(r, check.Path, string(use))
			}
		}
	}
}
