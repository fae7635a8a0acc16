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

// Kind is what becomes of a resource.
type Kind string

// The kinds, in the order in which people should read of them.
const (
	Replaced Kind = "REPLACED"
	Removed  Kind = "removed"
	Changed  Kind = "changed"
	Added    Kind = "added"
)

// kinds are those of the engine's operations that change something.
var kinds = map[apitype.OpType]Kind{
	apitype.OpCreate:            Added,
	apitype.OpUpdate:            Changed,
	apitype.OpDelete:            Removed,
	apitype.OpReplace:           Replaced,
	apitype.OpCreateReplacement: Replaced,
	apitype.OpDeleteReplaced:    Replaced,
}

// Change is what becomes of one resource.
type Change struct {
	Kind       Kind
	Type, Name string
	// URN is what the engine calls it.
	URN string
	// Refused tells that it is protected, so that an up would end here.
	Refused bool
	// Causes are what makes the replacement necessary, by itself: settings, or the
	// program. It is known of the replaced only.
	Causes []string
	// Properties are those that differ, sorted; none for what is added or removed.
	Properties []Property
}

// Property is a difference.
type Property struct {
	Path, Old, New string
	// Forces tells that the resource is replaced because of it.
	Forces bool
}

// changes reads the engine's own plan: several steps for one resource become one
// change. It also counts the resources that stay as they are.
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

// other is said of a value that differs where its words don't.
const other = "another value"

// properties are the differences that a step is about.
func properties(step apitype.StepEventMetadata) (list []Property) {
	if step.Old == nil || step.New == nil {
		return nil
	}
	paths := map[string]bool{} // and whether they force a replacement
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
	if len(paths) == 0 { // components and providers of which nobody tells
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

// at is a property in words: among the inputs, or else among the outputs.
func at(state *apitype.StepEventStateMetadata, text string) string {
	path, err := resource.ParsePropertyPath(text)
	if err != nil {
		path = resource.PropertyPath{text}
	}
	for _, values := range []map[string]any{state.Inputs, state.Outputs} {
		if value, found := follow(report.Told(values), path); found {
			return words(value)
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
		case string: // all that is in a secret is secret, and so on
			return current, current == report.Secret || current == report.Unknown
		default:
			return nil, false
		}
	}
	return value, true
}

// longest is how much of a value people want to read in a list, unless it matters.
const longest = 120

func short(text string) string {
	if runes := []rune(text); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return text
}

// words is a value on one line.
func words(value any) string {
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
