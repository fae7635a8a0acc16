package policies_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"bastide/environment"
	"bastide/internal/graph"
	"bastide/policies/controls"
	"bastide/policies/rule"
)

// other is a resource that the program does not create, and the rules that it violates.
type other struct {
	Name, Type string
	// Like names a resource of the program whose inputs it has, except where Inputs differ.
	Like   string
	Inputs map[string]any
	// Refused lists all policies that it violates. If it is Bare it also violates every
	// policy that checks a property of its type.
	Refused []string
	Bare    bool
	// Protected is the option protect.
	Protected bool
}

// Forks add resources of other types. others.yaml has some of them, good and bad, with the
// rules that each violates.
func TestPackEvaluatesResourcesThatForksAdd(t *testing.T) {
	text, err := os.ReadFile("others.yaml")
	require.NoError(t, err)
	settings := production(t)
	e, g := settings.Load(t), graph.Of(t, settings)
	filled := strings.NewReplacer("{registry}", e.Registry(), "{admin}", e.Admin.CIDRs[0].String(), "{control-plane}", e.Addresses.ControlPlane.String()).Replace(string(text))
	var others []other
	require.NoError(t, yaml.UnmarshalStrict([]byte(filled), &others))
	missed := map[string]bool{}
	for _, name := range neverMade {
		missed[name] = true
	}
	for _, o := range others {
		if o.Like != "" {
			o.Inputs = over(g.Find(o.Like).Plain(), o.Inputs)
		}
		if o.Bare {
			o.Refused = append(o.Refused, checking(o.Type)...)
		}
		refused := refusals(rulesOf(t, e), o.view(e))
		assert.ElementsMatch(t, o.Refused, refused, o.Name)
		for _, name := range refused {
			delete(missed, name)
		}
	}
	assert.Empty(t, missed, "rules that have inspected nothing")
	assert.Greater(t, len(others), 25)
}

// over merges two maps of inputs; above wins.
func over(below, above map[string]any) map[string]any {
	laid := maps.Clone(below)
	for key, value := range above {
		outer, isMap := laid[key].(map[string]any)
		if inner, both := value.(map[string]any); both && isMap {
			value = over(outer, inner)
		}
		laid[key] = value
	}
	return laid
}

// checking are the policies with a check of a type.
func checking(kind string) (names []string) {
	for _, control := range controls.All() {
		for _, promise := range control.Promises {
			if slices.ContainsFunc(promise.Checks, func(c controls.Check) bool { return c.Type == kind }) {
				names = append(names, promise.Policy)
			}
		}
	}
	return names
}

func (o other) view(e *environment.Environment) *rule.Resource {
	view := rule.NewResource(o.Type, o.Name, "urn:"+o.Name, resource.FromResourcePropertyMap(resource.NewPropertyMapFromMap(o.Inputs)), e)
	view.Protect = o.Protected
	return view
}

// refusals are the names of the rules that a resource violates.
func refusals(all []rule.Rule, r *rule.Resource) (names []string) {
	for _, each := range all {
		if each.Inspects(r.Type) && len(each.On(r)) > 0 {
			names = append(names, each.Name)
		}
	}
	return names
}
