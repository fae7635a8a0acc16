package report

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// Unknown replaces values that are unknown before `up`.
const Unknown = "[known after up]"

// NewPlanned is the inventory of what would exist after an operation, from the engine's
// planned steps.
func NewPlanned(steps []apitype.StepEventMetadata, outputs map[string]any) Inventory {
	inventory := Inventory{Counts: map[string]int{}, Outputs: Masked(outputs).(map[string]any)}
	seen := map[string]bool{}
	for _, step := range steps {
		if step.New == nil || step.New.Delete || step.Type == stackType || seen[step.URN] {
			continue
		}
		seen[step.URN] = true
		inventory.add(Resource{
			Type: step.Type, Name: resource.URN(step.URN).Name(), Protected: step.New.Protect,
			Inputs: Masked(step.New.Inputs).(map[string]any),
		})
	}
	inventory.sort()
	return inventory
}

// Masked is a value from an event, with Secret and Unknown in place of secret and unknown
// values.
func Masked(value any) any {
	switch value := masked(value).(type) {
	case map[string]any:
		for key, element := range value {
			value[key] = Masked(element)
		}
		return value
	case []any:
		for i, element := range value {
			value[i] = Masked(element)
		}
		return value
	case string:
		if strings.Contains(value, plugin.UnknownStringValue) {
			return Unknown
		}
		return value
	default:
		return value
	}
}
