package controls

import (
	"fmt"
	"reflect"
	"strings"
)

// Check is a promise about one property of a type of resources.
type Check struct {
	// Type is a Pulumi type token.
	Type string
	// Name restricts the check to resources whose logical name ends in it.
	Name string
	// Path is the property's path, separated by dots; a last step that contains dots is
	// written in brackets.
	Path string
	// Want is the value, or a condition on it: see want.go.
	Want any
	// Write says what to write instead, if that does not follow from Want.
	Write string
	// Optional says that an environment does not need such a resource.
	Optional bool
}

// Applies reports whether a check is about a resource.
func (c Check) Applies(kind, name string) bool {
	return kind == c.Type && strings.HasSuffix(name, c.Name)
}

// Holds returns an error if a resource's inputs break the promise. Inputs are maps,
// lists, strings, numbers and booleans. Unknown and masked values are strings or nil; the
// caller decides what they mean.
func (c Check) Holds(inputs map[string]any) error {
	if c.Want == Nowhere {
		return fmt.Errorf("there is a %s, but there must be none", short(c.Type))
	}
	if problem := differs(find(inputs, c.Steps()), c.Want); problem != "" {
		return fmt.Errorf("%s %s %s", short(c.Type), c.Path, problem)
	}
	return nil
}

// Steps are the parts of the path. A part in brackets may contain dots.
func (c Check) Steps() (steps []string) {
	plain, bracketed, found := strings.Cut(c.Path, "[")
	if plain != "" {
		steps = strings.Split(plain, ".")
	}
	if found {
		steps = append(steps, strings.TrimSuffix(bracketed, "]"))
	}
	return steps
}

// String is the promise in words.
func (c Check) String() string {
	subject := short(c.Type)
	if c.Name != "" {
		subject += " " + c.Name
	}
	if c.Path != "" {
		subject += " `" + c.Path + "`"
	}
	return subject + " " + describe(c.Want)
}

// short is the last part of a type token: Cluster, NodePool.
func short(kind string) string {
	return kind[strings.LastIndex(kind, ":")+1:]
}

// find follows a path through maps and, at the step 0, lists. Everything inside a masked
// value is masked.
func find(value any, path []string) any {
	for _, step := range path {
		if value == Masked {
			return Masked
		}
		switch current := value.(type) {
		case map[string]any:
			value = current[step]
		case []any:
			if step != "0" || len(current) == 0 {
				return nil
			}
			value = current[0]
		default:
			return nil
		}
	}
	return value
}

func empty(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case string:
		return value == ""
	case []any:
		return len(value) == 0
	case map[string]any:
		return len(value) == 0
	}
	return false
}

// equal compares values, with numbers of different types as equal.
func equal(value, want any) bool {
	if number, ok := want.(int); ok {
		want = float64(number)
	}
	return reflect.DeepEqual(value, want)
}
