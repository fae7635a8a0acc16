package policies_test

import (
	"os"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"bastide/environment"
	"bastide/policies/rule"
)

// other is a resource that the program does not make, and which rules refuse it.
type other struct {
	Name, Type string
	Inputs     map[string]any
	// Refused lists all rules that find fault with it.
	Refused []string
	// Protected is the option protect.
	Protected bool
}

// Those who fork add resources of other kinds. others.yaml has some of them, good
// and bad, and exactly the rules that it names refuse each.
func TestWhatTheProgramDoesNotMakeIsJudgedToo(t *testing.T) {
	text, err := os.ReadFile("others.yaml")
	require.NoError(t, err)
	e := production(t).Load(t)
	filled := strings.NewReplacer("{registry}", e.Registry(), "{admin}", e.Admin.CIDRs[0].String(), "{control-plane}", e.Addresses.ControlPlane.String()).Replace(string(text))
	var others []other
	require.NoError(t, yaml.UnmarshalStrict([]byte(filled), &others))
	missed := map[string]bool{}
	for _, name := range neverMade {
		missed[name] = true
	}
	for _, o := range others {
		refused := refusals(rulesOf(t, e), o.view(e))
		assert.ElementsMatch(t, o.Refused, refused, o.Name)
		for _, name := range refused {
			delete(missed, name)
		}
	}
	assert.Empty(t, missed, "rules that have inspected nothing")
	assert.Greater(t, len(others), 25)
}

func (o other) view(e *environment.Environment) *rule.Resource {
	view := rule.NewResource(o.Type, o.Name, "urn:"+o.Name, resource.FromResourcePropertyMap(resource.NewPropertyMapFromMap(o.Inputs)), e)
	view.Protect = o.Protected
	return view
}

// refusals are the names of the rules that find fault with one resource.
func refusals(all []rule.Rule, r *rule.Resource) (names []string) {
	for _, each := range all {
		if each.Inspects(r.Type) && len(each.On(r)) > 0 {
			names = append(names, each.Name)
		}
	}
	return names
}
