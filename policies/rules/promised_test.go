package rules

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/policies/controls"
	"bastide/policies/rule"
)

func TestPoliciesHaveCodeIfAndOnlyIfTheTableSaysSo(t *testing.T) {
	promisedByCode := map[string]bool{}
	for _, control := range controls.All() {
		for _, promise := range control.Promises {
			_, coded := code[promise.Policy]
			assert.Equal(t, promise.Code, coded, "%s: the row has Code, and rules.go lists it", promise.Policy)
			if promise.Code {
				promisedByCode[promise.Policy] = true
				assert.FileExists(t, strings.ReplaceAll(promise.Policy, "-", "_")+".go")
			}
		}
	}
	for policy, own := range code {
		assert.True(t, promisedByCode[policy], "no row promises %s", policy)
		assert.Empty(t, own.Name+own.Promise+string(own.Level), "%s: the row says it", policy)
		assert.Empty(t, own.Controls, "%s: the row says it", policy)
		text, err := os.ReadFile(strings.ReplaceAll(policy, "-", "_") + ".go")
		require.NoError(t, err)
		assert.Contains(t, string(text), "= rule.Rule{", policy)
	}
}

func TestPolicyOfAPromiseEnforcesEachKindOfCheck(t *testing.T) {
	const key = "projects/p/locations/l/keyRings/r/cryptoKeys/"
	list := func(texts ...string) property.Value {
		var all []property.Value
		for _, text := range texts {
			all = append(all, property.New(text))
		}
		return property.New(all)
	}
	for _, test := range []struct {
		want         any
		right, wrong property.Value
		problem      string
	}{
		{true, property.New(true), property.New(false), "x is false; write true"},
		{"on", property.New("on"), property.New("off"), `x is "off"; write "on"`},
		{controls.OneOf{"A", "B"}, property.New("B"), property.New("C"), `x is "C"; write "A" or "B"`},
		{controls.AtLeast{Least: 2592000, Unit: "seconds"}, property.New(2592000.0), property.New(1.0), "x is 1; write 2592000 seconds or more"},
		{controls.HasAll{"A", "B"}, list("B", "C", "A"), list("B"), "x is a list of 1; add A"},
		{controls.Key("disks"), property.New(key + "disks"), property.New(key + "others"), "; write the id of the environment's key disks"},
		{controls.Present, property.New("any"), property.New(""), `x is ""; write something`},
		{controls.Absent, property.Value{}, property.New("any"), `x is "any"; write something`},
		{controls.Secret, property.New("any").WithSecret(true), property.New("any"), "x contains a secret in clear text; mark it with pulumi.ToSecret"},
		{controls.Nowhere, property.Value{}, property.New("any"), "there is a C, but there must be none; write something"},
	} {
		check := controls.Check{Type: "a:b:C", Name: "-mine", Path: "x", Want: test.want, Write: "write something"}
		policy := enforce(controls.Promise{Policy: "any", Checks: []controls.Check{check}})
		view := func(name string, value property.Value) *rule.Resource {
			return rule.NewResource("a:b:C", name, "urn", property.NewMap(map[string]property.Value{"x": value}), nil)
		}
		if test.want != controls.Nowhere {
			assert.Empty(t, policy.On(view("is-mine", test.right)), test.problem)
		}
		assert.Empty(t, policy.On(view("of-others", test.wrong)), "the check applies to names that end in -mine")
		found := policy.On(view("is-mine", test.wrong))
		if assert.Len(t, found, 1, test.problem) {
			assert.Contains(t, found[0].Problem, test.problem)
		}
	}
	assert.False(t, slices.ContainsFunc(promised(), func(r rule.Rule) bool { return r.Evaluate == nil && r.EvaluateStack == nil }), "a policy checks nothing")
}
