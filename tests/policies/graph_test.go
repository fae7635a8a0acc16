// Package policies_test runs the policy pack on the program, and on copies of it with one
// property broken.
package policies_test

import (
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/environment"
	"bastide/environment/environmenttest"
	"bastide/internal/graph"
	"bastide/policies/rule"
	"bastide/policies/rules"
)

// production are the settings of the example with every feature and with deletion protection.
func production(t *testing.T) *environmenttest.Settings {
	t.Helper()
	return environmenttest.File(t, environmenttest.Root(t)+"/tests/environments/Pulumi.production.yaml")
}

// rulesOf are the rules for an environment.
func rulesOf(t *testing.T, e *environment.Environment) []rule.Rule {
	t.Helper()
	all, err := rules.For(e)
	require.NoError(t, err)
	return all
}

// stackOf converts a recorded graph to the stack that the pack evaluates.
func stackOf(g *graph.Graph, e *environment.Environment) *rule.Stack {
	stack := &rule.Stack{Environment: e}
	for _, r := range g.Resources {
		stack.Resources = append(stack.Resources, seen(r, resource.FromResourcePropertyMap(r.Inputs), e))
	}
	return stack
}

func seen(r graph.Resource, properties property.Map, e *environment.Environment) *rule.Resource {
	urn := string(resource.NewURN("test", "bastide", "", tokens.Type(r.Type), r.Name))
	view := rule.NewResource(r.Type, r.Name, urn, properties, e)
	view.Protect, view.Sources = r.Protect, r.Sources
	return view
}

// evaluate runs all rules on a stack and returns the findings by rule.
func evaluate(all []rule.Rule, stack *rule.Stack) map[string][]rule.Finding {
	findings := map[string][]rule.Finding{}
	for _, r := range all {
		for _, resource := range stack.Resources {
			if r.Inspects(resource.Type) {
				findings[r.Name] = append(findings[r.Name], r.On(resource)...)
			}
		}
		if r.EvaluateStack != nil {
			findings[r.Name] = append(findings[r.Name], r.OnStack(stack)...)
		}
	}
	return findings
}

func TestNoExampleViolatesARule(t *testing.T) {
	inspected := map[string]int{}
	for _, settings := range environmenttest.Examples(t) {
		t.Run(settings.Environment, func(t *testing.T) {
			e, off := settings.Load(t), environmenttest.Disabled(t, settings.Environment)
			for _, preview := range []bool{false, true} {
				program := graph.Deployment(settings)
				program.Preview = preview
				g, err := graph.Record(program)
				require.NoError(t, err)
				stack, all := stackOf(g, e), rulesOf(t, e)
				later, needed := 0, map[string]bool{}
				for name, findings := range evaluate(all, stack) {
					for _, f := range findings {
						needed[name] = needed[name] || !f.Unknown
						if f.Unknown && preview {
							later++
						} else if !slices.Contains(off, name) {
							assert.Fail(t, name+": "+f.Problem, f.URN)
						}
					}
				}
				for _, name := range off {
					assert.True(t, needed[name], "%s is disabled although nothing violates it", name)
				}
				count(all, stack, inspected)
				t.Logf("preview: %v; %d rules, %d resources, 0 violations, %d properties can be checked only during `up`", preview, len(all), len(stack.Resources), later)
			}
		})
	}
	for _, r := range rulesOf(t, production(t).Load(t)) {
		if !slices.Contains(neverMade, r.Name) {
			assert.NotZero(t, inspected[r.Name], "%s inspected nothing", r.Name)
		}
	}
}

// neverMade are the rules about resources that the program does not create. others_test.go
// evaluates them.
var neverMade = []string{"account-keys", "disk-key"}

// count adds up how many resources each rule has inspected.
func count(all []rule.Rule, stack *rule.Stack, inspected map[string]int) {
	for _, r := range all {
		for _, resource := range stack.Resources {
			if r.Inspects(resource.Type) || r.EvaluateStack != nil {
				inspected[r.Name]++
			}
		}
	}
}
