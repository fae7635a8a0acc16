package refusals

import (
	"encoding/json"
	"fmt"
	"strings"

	jsonpatch "github.com/evanphx/json-patch/v5"
)

// Break applies the row's patch to a valid object, after which this row, and no other,
// refuses it.
func (r *Row) Break(valid map[string]any) (broken map[string]any, err error) {
	patch, err := evaluated(r.Breaks, valid)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.ID, err)
	}
	before, err := json.Marshal(valid)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.ID, err)
	}
	change, err := json.Marshal(patch)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.ID, err)
	}
	after, err := jsonpatch.MergePatch(before, change)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.ID, err)
	}
	return broken, json.Unmarshal(after, &broken)
}

// Besides are the inputs of the other objects that have to exist, in their order.
func (r *Row) Besides(valid map[string]any) (all []map[string]any, err error) {
	for _, beside := range r.With {
		inputs, err := evaluated(beside.Inputs, valid)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.ID, err)
		}
		fields, ok := inputs.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%s: the inputs of a %s are not an object", r.ID, beside.Type)
		}
		all = append(all, fields)
	}
	return all, nil
}

// evaluated replaces strings that begin with = by the values of their expressions.
func evaluated(value any, object map[string]any) (any, error) {
	switch value := value.(type) {
	case map[string]any:
		all := map[string]any{}
		for key, inner := range value {
			var err error
			if all[key], err = evaluated(inner, object); err != nil {
				return nil, err
			}
		}
		return all, nil
	case []any:
		all := []any{}
		for _, inner := range value {
			element, err := evaluated(inner, object)
			if err != nil {
				return nil, err
			}
			all = append(all, element)
		}
		return all, nil
	case string:
		expression, isOne := strings.CutPrefix(value, "=")
		if !isOne {
			return value, nil
		}
		p, err := compile(expression)
		if err != nil {
			return nil, err
		}
		result, _, err := p.Eval(map[string]any{"action": "", "object": object, "old": nil, "existing": map[string]any{}})
		if err != nil {
			return nil, fmt.Errorf("%q: %w", expression, err)
		}
		return native(result)
	}
	return value, nil
}
