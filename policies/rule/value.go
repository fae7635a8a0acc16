package rule

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// Value is the value at a path of a resource's properties; it may be absent. Methods that
// demand something add a finding to the resource if the value differs. If the value is
// unknown, they report that instead.
type Value struct {
	resource *Resource
	path     string
	found    property.Value
	secret   bool
}

// At is the value at a path below v.
func (v Value) At(path string) Value {
	for _, step := range steps(path) {
		v = v.step(step)
	}
	return v
}

// steps are the parts of a path.
func steps(path string) (all []string) {
	for path != "" {
		if rest, bracketed := strings.CutPrefix(path, "["); bracketed {
			step, after, _ := strings.Cut(rest, "]")
			all, path = append(all, step), strings.TrimPrefix(after, ".")
			continue
		}
		end := strings.IndexAny(path, ".[")
		if end < 0 {
			return append(all, path)
		}
		all, path = append(all, path[:end]), strings.TrimPrefix(path[end:], ".")
	}
	return all
}

func (v Value) step(name string) Value {
	below := Value{resource: v.resource, path: join(v.path, name), secret: v.secret || v.found.Secret()}
	switch {
	case v.found.IsComputed():
		below.found = v.found
	case v.found.IsMap():
		below.found = v.found.AsMap().Get(name)
	case v.found.IsArray():
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < v.found.AsArray().Len() {
			below.found = v.found.AsArray().Get(i)
		}
	}
	return below
}

func join(path, name string) string {
	switch {
	case strings.ContainsAny(name, "./"):
		return path + "[" + name + "]"
	case path == "":
		return name
	}
	return path + "." + name
}

// Unknown reports whether the value is not known before `up`.
func (v Value) Unknown() bool { return v.found.IsComputed() }

// Secret reports whether the value is marked as a secret.
func (v Value) Secret() bool { return v.secret || v.found.Secret() }

// Empty reports whether the value is absent or has no content.
func (v Value) Empty() bool {
	switch found := v.found; {
	case found.IsString():
		return found.AsString() == ""
	case found.IsArray():
		return found.AsArray().Len() == 0
	case found.IsMap():
		return found.AsMap().Len() == 0
	default:
		return found.IsNull()
	}
}

// Exists reports whether there is a value, even if it is empty or unknown.
func (v Value) Exists() bool { return !v.found.IsNull() }

// ReportUnknown reports whether the value is unknown, and if so adds a finding that says so.
func (v Value) ReportUnknown() bool {
	if v.Unknown() {
		v.resource.Unknown(v.path)
	}
	return v.Unknown()
}

// Text is the value as a string, or "" if it is no string; known is false if the value is
// unknown.
func (v Value) Text() (text string, known bool) {
	if v.ReportUnknown() {
		return "", false
	}
	if v.found.IsString() {
		text = v.found.AsString()
	}
	return text, true
}

// Items are the elements of a list.
func (v Value) Items() (all []Value) {
	if v.ReportUnknown() || !v.found.IsArray() {
		return nil
	}
	for i := range v.found.AsArray().Len() {
		all = append(all, v.step(strconv.Itoa(i)))
	}
	return all
}

// Keys are the keys of a map, sorted.
func (v Value) Keys() (all []string) {
	if v.ReportUnknown() || !v.found.IsMap() {
		return nil
	}
	for key := range v.found.AsMap().AllStable {
		all = append(all, key)
	}
	return all
}

// Texts are the elements of a list of strings; known is false if one is unknown.
func (v Value) Texts() (all []string, known bool) {
	if v.Unknown() {
		return nil, !v.ReportUnknown()
	}
	for _, item := range v.Items() {
		text, known := item.Text()
		if !known {
			return nil, false
		}
		all = append(all, text)
	}
	return all, true
}

// Holds reports whether the value is known and equals want.
func (v Value) Holds(want any) bool { return reflect.DeepEqual(Plain(v.found), widened(want)) }

// HoldsOneOf reports whether the value is one of some strings.
func (v Value) HoldsOneOf(wants []string) bool {
	return slices.ContainsFunc(wants, func(want string) bool { return v.Holds(want) })
}

// Is demands a value: a string, a number, a boolean, or a list of strings.
func (v Value) Is(want any) { v.IsOneOf(want) }

// IsOneOf demands one of some values.
func (v Value) IsOneOf(wants ...any) {
	if v.unknownInside() {
		return
	}
	if slices.ContainsFunc(wants, v.Holds) {
		return
	}
	var texts []string
	for _, want := range wants {
		texts = append(texts, show(want))
	}
	v.Wrong("write " + strings.Join(texts, " or "))
}

// IsSet demands that the value is not empty.
func (v Value) IsSet(write string) {
	if !v.ReportUnknown() && v.Empty() {
		v.Wrong(write)
	}
}

// IsAbsent demands that the value is absent or empty.
func (v Value) IsAbsent(instead string) {
	if !v.ReportUnknown() && !v.Empty() {
		v.Wrong(instead)
	}
}

// HasAll demands a list that contains all of some strings.
func (v Value) HasAll(wants []string) {
	texts, known := v.Texts()
	for _, want := range wants {
		if known && !slices.Contains(texts, want) {
			v.Wrong("add " + want)
		}
	}
}

// Matches demands a string that matches a pattern.
func (v Value) Matches(form *regexp.Regexp, write string) {
	if text, known := v.Text(); known && !form.MatchString(text) {
		v.Wrong(write)
	}
}

// AtLeast demands a number of at least the given size.
func (v Value) AtLeast(least float64, unit string) {
	if v.ReportUnknown() || v.found.IsNumber() && v.found.AsNumber() >= least {
		return
	}
	v.Wrong("write " + strconv.FormatFloat(least, 'f', -1, 64) + " " + unit + " or more")
}

// Below reports whether the value is known and is a number below a limit.
func (v Value) Below(limit float64) bool { return v.found.IsNumber() && v.found.AsNumber() < limit }

// WrongSecret reports a secret in clear text, without showing it.
func (v Value) WrongSecret(write string) {
	v.resource.Wrong(v.path+" contains a secret in clear text", write)
}

// Wrong reports a wrong value: what it is, and what to write instead. A value whose
// changes are ignored is not reported, because no change of the program would reach it.
func (v Value) Wrong(write string) {
	if v.resource.ignoresChanges(v.path) {
		return
	}
	is := "is not set"
	switch {
	case v.Secret():
		is = "is wrong (it is a secret, so it is not shown)"
	case !v.found.IsNull():
		is = "is " + show(Plain(v.found))
	}
	v.resource.Wrong(v.path+" "+is, write)
}

// unknownInside is ReportUnknown for any part of the value.
func (v Value) unknownInside() bool {
	for _, item := range v.children() {
		if item.unknownInside() {
			return true
		}
	}
	return v.ReportUnknown()
}

func (v Value) children() []Value {
	if v.found.IsArray() {
		return v.Items()
	}
	var all []Value
	if v.found.IsMap() {
		for _, key := range v.Keys() {
			all = append(all, v.step(key))
		}
	}
	return all
}

// Plain converts a value to Go's own types. Null, unknown values and all other kinds
// become nil.
func Plain(value property.Value) any {
	switch {
	case value.IsString():
		return value.AsString()
	case value.IsBool():
		return value.AsBool()
	case value.IsNumber():
		return value.AsNumber()
	case value.IsArray():
		all := []any{}
		for _, element := range value.AsArray().All {
			all = append(all, Plain(element))
		}
		return all
	case value.IsMap():
		all := map[string]any{}
		for key, element := range value.AsMap().All {
			all[key] = Plain(element)
		}
		return all
	}
	return nil
}

// widened converts a wanted value to the types that Plain returns.
func widened(want any) any {
	switch want := want.(type) {
	case int:
		return float64(want)
	case []string:
		all := []any{}
		for _, text := range want {
			all = append(all, text)
		}
		return all
	}
	return want
}

// longest is the maximum length of a value in a message.
const longest = 80

func show(value any) string {
	text := fmt.Sprint(value)
	switch value := value.(type) {
	case string:
		text = strconv.Quote(value)
	case []string:
		text = fmt.Sprintf("%q", value)
	case []any:
		text = fmt.Sprintf("a list of %d", len(value))
	case map[string]any:
		text = fmt.Sprintf("a map of %d", len(value))
	}
	if len(text) > longest {
		text = text[:longest] + "..."
	}
	return text
}
