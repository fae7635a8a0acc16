package controls

import (
	"fmt"
	"reflect"
	"strings"
)

// Applies tells whether a check speaks of a resource.
func (c Check) Applies(kind, name string) bool {
	return kind == c.Type && strings.HasSuffix(name, c.Name)
}

// Holds tells whether a resource's inputs keep the promise, and if not, what
// they are instead. Inputs are plain: maps, lists, texts, numbers, booleans. A
// value that is not known yet, or is masked, is text or nil; whoever calls
// decides what that means.
func (c Check) Holds(inputs map[string]any) error {
	value := find(inputs, c.Steps())
	switch c.Want {
	case Present:
		if empty(value) {
			return fmt.Errorf("%s %s is empty", short(c.Type), c.Path)
		}
		return nil
	case Nowhere:
		return fmt.Errorf("there is a %s, and must not be", short(c.Type))
	case Secret:
		if value != Masked {
			return fmt.Errorf("%s %s is not marked as a secret", short(c.Type), c.Path)
		}
		return nil
	case Absent:
		if !empty(value) {
			return fmt.Errorf("%s %s is %v, but has to be absent", short(c.Type), c.Path, value)
		}
		return nil
	}
	if !equal(value, c.Want) {
		return fmt.Errorf("%s %s is %v, but has to be %v", short(c.Type), c.Path, value, c.Want)
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
	switch want := c.Want.(type) {
	case Condition:
		if want == Nowhere {
			return subject + " " + string(want)
		}
		return fmt.Sprintf("%s `%s` %s", subject, c.Path, want)
	case []any:
		var values []string
		for _, value := range want {
			values = append(values, fmt.Sprint(value))
		}
		return fmt.Sprintf("%s `%s` = %s", subject, c.Path, strings.Join(values, ", "))
	default:
		return fmt.Sprintf("%s `%s` = %v", subject, c.Path, want)
	}
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
