package refusals

import (
	"fmt"
	"net/netip"
	"reflect"
	"regexp"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/ext"
)

// language is CEL with optional fields, the usual extensions, and functions for address
// ranges.
var language = func() *cel.Env {
	env, err := cel.NewEnv(
		cel.OptionalTypes(), cel.CrossTypeNumericComparisons(true),
		ext.Strings(), ext.Lists(), ext.Sets(), ext.Math(), ext.TwoVarComprehensions(),
		cel.Variable("action", cel.StringType),
		cel.Variable("object", cel.DynType), cel.Variable("old", cel.DynType),
		cel.Variable("existing", cel.MapType(cel.StringType, cel.DynType)),
		cel.Function("isRange", cel.Overload("is_range", []*cel.Type{cel.StringType}, cel.BoolType, cel.UnaryBinding(isRange))),
		cel.Function("bits", cel.Overload("bits_of_range", []*cel.Type{cel.StringType}, cel.IntType, cel.UnaryBinding(bits))),
		cel.Function("masked", cel.Overload("masked_range", []*cel.Type{cel.StringType}, cel.StringType, cel.UnaryBinding(masked))),
		cel.Function("within", cel.Overload("range_within_range", []*cel.Type{cel.StringType, cel.StringType}, cel.BoolType, cel.BinaryBinding(within))),
	)
	if err != nil {
		panic(err)
	}
	return env
}()

type program struct{ cel.Program }

func compile(expression string) (program, error) {
	ast, issues := language.Compile(expression)
	if issues.Err() != nil {
		return program{}, fmt.Errorf("compiling %q: %w", expression, issues.Err())
	}
	compiled, err := language.Program(ast, cel.EvalOptions(cel.OptOptimize))
	return program{compiled}, err
}

// evaluate tells whether a call is refused, and because of which value: true, a non-empty
// string and a non-empty list refuse; of the list, the first element is the value.
func (p program) evaluate(call Call) (offender any, refused bool, err error) {
	existing := func() any { return map[string]any{} }
	if call.Existing != nil {
		existing = func() any { return call.Existing() }
	}
	result, _, err := p.Eval(map[string]any{
		"action": call.Action, "object": call.Object, "old": call.Old, "existing": existing,
	})
	if err != nil {
		return nil, false, err
	}
	value, err := native(result)
	if err != nil {
		return nil, false, err
	}
	switch value := value.(type) {
	case bool:
		return nil, value, nil
	case string:
		return value, value != "", nil
	case []any:
		if len(value) == 0 {
			return nil, false, nil
		}
		return value[0], true, nil
	}
	return nil, false, fmt.Errorf("the expression returns a %T instead of a boolean, string or list", value)
}

// native converts CEL's values to plain Go values.
func native(value ref.Val) (any, error) {
	switch value.Type() {
	case types.ListType:
		var elements []ref.Val
		converted, err := value.ConvertToNative(reflect.TypeOf(elements))
		if err != nil {
			return nil, err
		}
		all := []any{}
		for _, element := range converted.([]ref.Val) {
			plain, err := native(element)
			if err != nil {
				return nil, err
			}
			all = append(all, plain)
		}
		return all, nil
	case types.MapType:
		converted, err := value.ConvertToNative(reflect.TypeOf(map[string]ref.Val{}))
		if err != nil {
			return nil, err
		}
		all := map[string]any{}
		for key, element := range converted.(map[string]ref.Val) {
			if all[key], err = native(element); err != nil {
				return nil, err
			}
		}
		return all, nil
	}
	return value.Value(), nil
}

var placeholder = regexp.MustCompile(`{[A-Za-z][\w.]*}`)

// expand fills in a template: {value} is the offending value, {value.x} a field of it,
// and everything else a property of the object. Unknown placeholders are left as they
// are.
func expand(template string, value any, object map[string]any) string {
	scope := map[string]any{}
	for key, property := range object {
		scope[key] = property
	}
	if value != nil {
		scope["value"] = value
	}
	return placeholder.ReplaceAllStringFunc(template, func(match string) string {
		var found any = scope
		for step := range strings.SplitSeq(strings.Trim(match, "{}"), ".") {
			fields, _ := found.(map[string]any)
			found = fields[step]
		}
		if found == nil {
			return match
		}
		return fmt.Sprint(found)
	})
}

func isRange(value ref.Val) ref.Val {
	_, err := netip.ParsePrefix(string(value.(types.String)))
	return types.Bool(err == nil)
}

func bits(value ref.Val) ref.Val {
	prefix, err := netip.ParsePrefix(string(value.(types.String)))
	if err != nil {
		return types.WrapErr(err)
	}
	return types.Int(prefix.Bits())
}

// masked is a range without the bits outside its mask.
func masked(value ref.Val) ref.Val {
	prefix, err := netip.ParsePrefix(string(value.(types.String)))
	if err != nil {
		return types.WrapErr(err)
	}
	return types.String(prefix.Masked().String())
}

// within tells whether the second range contains the first.
func within(inner, outer ref.Val) ref.Val {
	small, err := netip.ParsePrefix(string(inner.(types.String)))
	if err != nil {
		return types.WrapErr(err)
	}
	large, err := netip.ParsePrefix(string(outer.(types.String)))
	if err != nil {
		return types.WrapErr(err)
	}
	return types.Bool(large.Contains(small.Addr()) && large.Bits() <= small.Bits())
}
