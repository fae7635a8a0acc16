package controls

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Check.Want is a value - a string, a number, a boolean or a list - or one of the
// following types if no single value will do.

// Condition is a condition that does not depend on the value itself.
type Condition string

// Conditions.
const (
	// Present: there is a value that is not empty.
	Present Condition = "is set"
	// Absent: there is no value.
	Absent Condition = "is not set"
	// Secret: the value is marked as a secret.
	Secret Condition = "is marked as a secret" //nolint:gosec // words
	// Nowhere: there is no resource of this type. The check needs no path.
	Nowhere Condition = "is never made"
)

// OneOf wants one of some strings.
type OneOf []string

// AtLeast wants a number that is no smaller.
type AtLeast struct {
	Least float64
	// Unit is what is counted, for messages.
	Unit string
}

// String is the number, and what is counted.
func (a AtLeast) String() string {
	return strconv.FormatFloat(a.Least, 'f', -1, 64) + " " + a.Unit
}

// HasAll wants a list with some texts, and maybe more.
type HasAll []string

// Key wants the ID of the environment's Cloud KMS key of this name.
type Key string

// Masked replaces secrets in plain values.
const Masked = "[secret]"

// differs says how a plain value differs from what is wanted; "" if it does not.
func differs(value, want any) string {
	wrong := func(holds bool, problem string) string {
		if holds {
			return ""
		}
		return problem
	}
	is := fmt.Sprintf("is %v, but has to ", value)
	switch want := want.(type) {
	case Condition:
		return unlike(value, want)
	case OneOf:
		text, _ := value.(string)
		return wrong(slices.Contains(want, text), is+"be "+strings.Join(want, " or "))
	case AtLeast:
		number, isNumber := value.(float64)
		return wrong(isNumber && number >= want.Least, is+"be at least "+want.String())
	case HasAll:
		texts, _ := value.([]any)
		missing := slices.DeleteFunc(slices.Clone(want), func(text string) bool { return slices.Contains(texts, any(text)) })
		return wrong(len(missing) == 0, is+"contain "+strings.Join(missing, ", "))
	case Key:
		text, _ := value.(string)
		return wrong(strings.HasSuffix(text, "/cryptoKeys/"+string(want)), is+"be the key "+string(want))
	default:
		return wrong(equal(value, want), is+fmt.Sprintf("be %v", want))
	}
}

// unlike is differs for conditions.
func unlike(value any, want Condition) string {
	switch {
	case want == Present && empty(value):
		return "is empty"
	case want == Absent && !empty(value):
		return fmt.Sprintf("is %v, but has to be absent", value)
	case want == Secret && value != Masked:
		return "is not marked as a secret"
	}
	return ""
}

// describe describes what a check wants, to follow the name of the property.
func describe(want any) string {
	switch want := want.(type) {
	case Condition:
		return string(want)
	case OneOf:
		return "= " + strings.Join(want, " or ")
	case AtLeast:
		return "is at least " + want.String()
	case HasAll:
		return "has " + strings.Join(want, ", ")
	case Key:
		return "is the key `" + string(want) + "`"
	case []any:
		var values []string
		for _, value := range want {
			values = append(values, fmt.Sprint(value))
		}
		return "= " + strings.Join(values, ", ")
	default:
		return fmt.Sprintf("= %v", want)
	}
}
