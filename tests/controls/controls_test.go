// Package controls_test evaluates the controls on the resources that the program registers.
package controls_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/environment/environmenttest"
	"bastide/internal/graph"
	"bastide/policies/controls"
)

func TestEveryControlHoldsInEveryExample(t *testing.T) {
	for _, settings := range environmenttest.Examples(t) {
		t.Run(settings.Environment, func(t *testing.T) {
			resources := graph.Of(t, settings).Resources
			for _, control := range controls.All() {
				if off := control.Choice != "" && settings.Values["bastide:"+control.Choice] == false; off {
					continue
				}
				setting, value, only := strings.Cut(control.Only, "=")
				if only && settings.Values["bastide:"+setting] != value {
					continue
				}
				for _, check := range control.Checks() {
					assertHolds(t, control, check, resources)
				}
			}
		})
	}
}

func assertHolds(t *testing.T, control controls.Control, check controls.Check, resources []graph.Resource) {
	t.Helper()
	applied := false
	for _, r := range resources {
		if check.Applies(r.Type, r.Name) {
			applied = true
			assert.NoError(t, check.Holds(r.Plain()), "%s on %s", control.ID, r.Name)
		}
	}
	mayBeMissing := check.Optional || check.Want == controls.Nowhere
	assert.True(t, applied || mayBeMissing, "%s: no resource has type %s and a name that ends in %q", control.ID, check.Type, check.Name)
}

// Each optional control can be turned off by a setting.
func TestEveryChoiceIsASetting(t *testing.T) {
	settings := environmenttest.Small(t)
	var choices []string
	for _, control := range controls.All() {
		if control.Choice != "" && !slices.Contains(choices, control.Choice) {
			choices = append(choices, control.Choice)
			settings.Set("bastide:"+control.Choice, false)
		}
	}
	assert.ElementsMatch(t, choices, settings.Load(t).TurnedOff())
	assert.Empty(t, environmenttest.Small(t).Load(t).TurnedOff())
}

// A check that can't fail is useless. Each is evaluated on a resource without inputs, and on
// a resource with its one property changed.
func TestEveryCheckNoticesWhenItsPropertyIsWrong(t *testing.T) {
	settings := environmenttest.File(t, environmenttest.Root(t)+"/tests/environments/Pulumi.production.yaml")
	resources := graph.Of(t, settings).Resources
	for _, control := range controls.All() {
		for _, check := range control.Checks() {
			if check.Want == controls.Nowhere {
				require.Error(t, check.Holds(map[string]any{}))
				continue
			}
			broken := 0
			for _, r := range resources {
				if check.Applies(r.Type, r.Name) {
					require.NoError(t, check.Holds(r.Plain()), control.ID)
					require.Equal(t, check.Want == controls.Absent, check.Holds(map[string]any{}) == nil, "%s on nothing", control.ID)
					wrong := r.Plain()
					require.True(t, change(wrong, check.Steps(), wrongFor(check.Want)), "%s %s", control.ID, check.Path)
					require.Error(t, check.Holds(wrong), "%s holds on a wrong %s", control.ID, check.Path)
					broken++
				}
			}
			assert.NotZero(t, broken, "%s was never evaluated", control.ID)
		}
	}
}

// wrongFor is a value that a check must reject. It has the same type, except for Present and
// Absent.
func wrongFor(want any) any {
	switch want := want.(type) {
	case bool:
		return !want
	case int:
		return float64(want + 1)
	case float64:
		return want / 2
	case []any:
		return append(slices.Clone(want), "0.0.0.0/0")
	case controls.AtLeast:
		return want.Least / 2
	case controls.HasAll:
		return []any{want[0]}
	case controls.Condition:
		if want == controls.Present {
			return ""
		}
	}
	return "something else"
}

// change sets the value at a path, and reports whether the path exists.
func change(inputs any, path []string, value any) bool {
	switch current := inputs.(type) {
	case map[string]any:
		if len(path) == 1 {
			current[path[0]] = value
			return true
		}
		return change(current[path[0]], path[1:], value)
	case []any:
		return len(current) > 0 && len(path) > 1 && path[0] == "0" && change(current[0], path[1:], value)
	}
	return false
}
