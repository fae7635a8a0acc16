package plan

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"bastide/internal/rehearsal/report"
)

// Kind is what happens to a resource.
type Kind string

// The kinds, in the order in which a comparison lists them.
const (
	Replaced Kind = "REPLACED"
	Removed  Kind = "removed"
	Changed  Kind = "changed"
	Added    Kind = "added"
)

// kinds are the kinds of the engine's operations that change something.
var kinds = map[apitype.OpType]Kind{
	apitype.OpCreate:            Added,
	apitype.OpUpdate:            Changed,
	apitype.OpDelete:            Removed,
	apitype.OpReplace:           Replaced,
	apitype.OpCreateReplacement: Replaced,
	apitype.OpDeleteReplaced:    Replaced,
}

// Change is what happens to one resource.
type Change struct {
	Kind       Kind
	Type, Name string
	// URN is the resource's URN.
	URN string
	// Refused is true if the resource is protected, so that an `up` would fail.
	Refused bool
	// Causes are the settings, or the program, that make a replacement necessary by
	// themselves. Other kinds of changes have none.
	Causes []string
	// Properties are the properties that differ, sorted; none if the resource is added or removed.
	Properties []Property
}

// Property is a property or setting that differs.
type Property struct {
	Path, Old, New string
	// Forces is true if the difference forces a replacement of the resource.
	Forces bool
}

// changes makes one change of all the engine's steps for a resource. It also counts the
// resources that stay as they are.
func changes(steps []apitype.StepEventMetadata) (all []Change, same int) {
	byURN := map[string]*Change{}
	for _, step := range steps {
		kind, changes := kinds[step.Op]
		if !changes {
			if step.Op == apitype.OpSame && step.Type != string(resource.RootStackType) {
				same++
			}
			continue
		}
		change := byURN[step.URN]
		if change == nil {
			change = &Change{Kind: kind, Type: step.Type, Name: resource.URN(step.URN).Name(), URN: step.URN}
			byURN[step.URN] = change
		}
		if change.Kind != kind {
			change.Kind = Replaced // deleted here and created there
		}
		if found := properties(step); len(found) > len(change.Properties) {
			change.Properties = found
		}
	}
	for _, urn := range slices.Sorted(maps.Keys(byURN)) {
		all = append(all, *byURN[urn])
	}
	slices.SortStableFunc(all, func(a, b Change) int { return strings.Compare(a.Type+" "+a.Name, b.Type+" "+b.Name) })
	return all, same
}

// other replaces the new value if it differs from the old one but is printed the same.
const other = "another value"

// properties are the properties that a step changes.
func properties(step apitype.StepEventMetadata) (list []Property) {
	if step.Old == nil || step.New == nil {
		return nil
	}
	paths := map[string]bool{} // whether each forces a replacement
	for path, diff := range step.DetailedDiff {
		paths[path] = strings.HasSuffix(string(diff.Kind), "-replace")
	}
	if len(paths) == 0 {
		for _, key := range step.Diffs {
			paths[key] = false
		}
		for _, key := range step.Keys {
			paths[key] = true
		}
	}
	if len(paths) == 0 { // for components and providers the engine reports no differences
		for key := range union(step.Old.Inputs, step.New.Inputs) {
			if at(step.Old, key) != at(step.New, key) {
				paths[key] = false
			}
		}
	}
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		if strings.HasPrefix(path, "__") {
			continue
		}
		property := Property{Path: path, Old: at(step.Old, path), New: at(step.New, path), Forces: paths[path]}
		if property.Old == property.New {
			property.New = other
		}
		if !property.Forces {
			property.Old, property.New = short(property.Old), short(property.New)
		}
		list = append(list, property)
	}
	return list
}

func union(a, b map[string]any) map[string]any {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]any{}
	}
	maps.Copy(all, b)
	return all
}

// at prints a property: an input, or an output if there is no such input.
func at(state *apitype.StepEventStateMetadata, text string) string {
	path, err := resource.ParsePropertyPath(text)
	if err != nil {
		path = resource.PropertyPath{text}
	}
	for _, values := range []map[string]any{state.Inputs, state.Outputs} {
		if value, found := follow(report.Masked(values), path); found {
			return oneLine(value)
		}
	}
	return "nothing"
}

func follow(value any, path resource.PropertyPath) (any, bool) {
	for _, step := range path {
		switch current := value.(type) {
		case map[string]any:
			inside, found := current[fmt.Sprint(step)]
			if !found {
				return nil, false
			}
			value = inside
		case []any:
			index, isIndex := step.(int)
			if !isIndex || index < 0 || index >= len(current) {
				return nil, false
			}
			value = current[index]
		case string: // everything inside a secret is secret, and inside an unknown value unknown
			return current, current == report.Secret || current == report.Unknown
		default:
			return nil, false
		}
	}
	return value, true
}

// longest is how many characters of a value are printed, unless it forces a replacement.
const longest = 120

func short(text string) string {
	if runes := []rune(text); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return text
}

// oneLine prints a value on one line.
func oneLine(value any) string {
	text, isText := value.(string)
	if !isText {
		encoded, err := json.Marshal(value)
		if err != nil {
			return err.Error()
		}
		text = string(encoded)
	}
	return strings.Join(strings.Fields(text), " ")
}
