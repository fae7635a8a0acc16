// Package report describes what a rehearsal brought up, and how long that takes.
package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"sigs.k8s.io/yaml"

	"bastide/policies/controls"
)

// Inventory is the resources and outputs of a stack, sorted, for reading and for diffs.
type Inventory struct {
	// Counts is the number of resources by type.
	Counts map[string]int `json:"counts"`
	// Resources lists them by type and name.
	Resources []Resource `json:"resources"`
	// Outputs are the stack's outputs.
	Outputs map[string]any `json:"outputs"`
}

// Resource is an entry of an inventory.
type Resource struct {
	Type      string         `json:"type"`
	Name      string         `json:"name"`
	Protected bool           `json:"protected,omitempty"`
	Inputs    map[string]any `json:"inputs,omitempty"`
}

// stackType is the type of the stack's own entry in a deployment.
const stackType = "pulumi:pulumi:Stack"

// NewInventory reads a deployment.
func NewInventory(deployment *apitype.DeploymentV3) Inventory {
	inventory := Inventory{Counts: map[string]int{}}
	for _, r := range deployment.Resources {
		if r.Type == stackType {
			inventory.Outputs = masked(r.Outputs).(map[string]any)
			continue
		}
		inventory.add(Resource{
			Type: string(r.Type), Name: r.URN.Name(), Protected: r.Protect, Inputs: masked(r.Inputs).(map[string]any),
		})
	}
	inventory.sort()
	return inventory
}

// add adds a resource, without the inputs that begin with two underscores: the engine
// and providers keep those for themselves.
func (i *Inventory) add(r Resource) {
	for key := range r.Inputs {
		if strings.HasPrefix(key, "__") {
			delete(r.Inputs, key)
		}
	}
	i.Counts[r.Type]++
	i.Resources = append(i.Resources, r)
}

func (i *Inventory) sort() {
	slices.SortFunc(i.Resources, func(a, b Resource) int {
		return strings.Compare(a.Type+" "+a.Name, b.Type+" "+b.Name)
	})
}

// YAML is the inventory as YAML.
func (i Inventory) YAML() ([]byte, error) {
	text, err := yaml.Marshal(i)
	if err != nil {
		return nil, fmt.Errorf("writing the inventory: %w", err)
	}
	return text, nil
}

// Secret replaces secret values.
const Secret = "[secret]"

// masked copies a value from a deployment, with Secret in place of each secret, which
// a deployment holds as an object with a signature.
func masked(value any) any {
	switch value := value.(type) {
	case map[string]any:
		if value[resource.SigKey] == resource.SecretSig {
			return Secret
		}
		copied := map[string]any{}
		for key, element := range value {
			copied[key] = masked(element)
		}
		return copied
	case []any:
		copied := make([]any, 0, len(value))
		for _, element := range value {
			copied = append(copied, masked(element))
		}
		return copied
	}
	return value
}

// JSON is a value as indented JSON.
func JSON(value any) ([]byte, error) {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing JSON: %w", err)
	}
	return append(text, '\n'), nil
}

// Evidence converts the resources for controls.Evaluate.
func (i Inventory) Evidence() (all []controls.Resource) {
	for _, r := range i.Resources {
		all = append(all, controls.Resource{Type: r.Type, Name: r.Name, Inputs: r.Inputs})
	}
	return all
}
