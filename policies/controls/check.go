package controls

import (
	"fmt"
	"reflect"
	"strings"
)

// Check is a promise about one property.
type Check struct {
	// Type is a Pulumi type token.
	Type string
	// Name restricts the check to resources whose logical name ends in it.
	Name string
	// Path is the property's path, with dots; a last step that has dots of its own
	// stands in brackets.
	Path string
	// Want is the value, or what it has to be like: see want.go.
	Want any
	// Write says what to write instead, where Want does not tell.
	Write string
	// Optional says that an environment need not have such a resource.
	Optional bool
}

// Applies reports whether a check speaks of a resource.
func (c Check) Applies(kind, name string) bool {
	return kind == c.Type && strings.HasSuffix(name, c.Name)
}

// Holds reports whether a resource's inputs keep the promise, and if not, what
// they are instead. Inputs are plain: maps, lists, texts, numbers, booleans. A
// value that is not known yet, or is masked, is text or nil; whoever calls
// decides what that means.
func (c Check) Holds(inputs map[string]any) error {
	if c.Want == Nowhere {
		return fmt.Errorf("there is a %s, and must not be", short(c.Type))
	}
	if problem := differs(find(inputs, c.Steps()), c.Want); problem != "" {
		return fmt.Errorf("%s %s %s", short(c.Type), c.Path, problem)
	}
	return nil
}

// Steps are the parts of the path. What is in brackets is one of them, dots and
// all.
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
	return subject + " " + words(c.Want)
}

// short is the last part of a type token: Cluster, NodePool.
func short(kind string) string {
	return kind[strings.LastIndex(kind, ":")+1:]
}

// find follows a path through maps and, for a number, lists. What is masked is
// masked with all that is in it.
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

// equal compares, taking all numbers for the same type.
func equal(value, want any) bool {
	if number, ok := want.(int); ok {
		want = float64(number)
	}
	return reflect.DeepEqual(value, want)
}
