// Package controls_test holds the program against the table of controls.
package controls_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/controls"
	"bastide/environment/environmenttest"
	"bastide/tests/graph"
)

func TestEveryControlHoldsInEveryExample(t *testing.T) {
	for _, settings := range environmenttest.Examples(t) {
		t.Run(settings.Environment, func(t *testing.T) {
			resources := graph.Of(t, settings).Resources
			for _, control := range controls.All() {
				if off := control.Choice != "" && settings.Values["bastide:"+control.Choice] == false; off {
					continue
				}
				for _, check := range control.Checks {
					assertHolds(t, control, check, resources)
				}
			}
		})
	}
}

func assertHolds(t *testing.T, control controls.Control, check controls.Check, resources []graph.Resource) {
	t.Helper()
	looked := false
	for _, r := range resources {
		if check.Applies(r.Type, r.Name) {
			looked = true
			assert.NoError(t, check.Holds(r.Plain()), "%s on %s", control.ID, r.Name)
		}
	}
	assert.True(t, looked, "%s: no resource has type %s and a name that ends in %q", control.ID, check.Type, check.Name)
}

// A check that can't fail guards nothing: each is shown the same resource with
// its property taken away, or put there.
func TestEveryCheckNoticesWhenItsPropertyIsWrong(t *testing.T) {
	settings := environmenttest.File(t, environmenttest.Root(t)+"/tests/environments/Pulumi.production.yaml")
	resources := graph.Of(t, settings).Resources
	for _, control := range controls.All() {
		for _, check := range control.Checks {
			broken := 0
			for _, r := range resources {
				if check.Applies(r.Type, r.Name) {
					require.NoError(t, check.Holds(r.Plain()), control.ID)
					require.Error(t, check.Holds(map[string]any{}), "%s holds on nothing", control.ID)
					broken++
				}
			}
			assert.NotZero(t, broken, "%s was never tried", control.ID)
		}
	}
}
