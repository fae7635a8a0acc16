package stackfile

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

	"bastide/environment"
)

// typed describes the types that Pulumi.yaml may declare.
var typed = map[string]string{
	"string": "a string", "integer": "a whole number", "boolean": "true or false", "array": "a list of strings", "object": "a map",
}

// mistyped are the problems of settings whose values are not of the type that Pulumi.yaml
// declares. The CLI checks that too, so environment.Load alone is not enough; but the CLI
// reports only the first one, and without a remedy.
func (f File) mistyped(declared map[string]workspace.ProjectConfigType, name string) (problems []environment.Problem, err error) {
	for _, key := range slices.Sorted(maps.Keys(declared)) {
		value, given := f.Settings[key]
		declaration := declared[key]
		if !given || !declaration.IsExplicitlyTyped() {
			continue
		}
		kind := declaration.TypeName()
		if _, secret := ciphertext(value); secret && kind != "array" && kind != "object" {
			continue // its type is known only after decryption
		}
		right, err := fits(declaration, value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		if right {
			continue
		}
		problems = append(problems, environment.Problem{
			Key: key, Wrong: fmt.Sprintf("is %s, but Pulumi.yaml declares %s", kindOf(value), typed[kind]), Remedy: retyped(name, key, declaration, value),
		})
	}
	return problems, nil
}

// fits checks a value's type with the CLI's own function.
func fits(declaration workspace.ProjectConfigType, value any) (bool, error) {
	text, err := json.Marshal(decrypted(value, func(string) string { return "" }))
	if err != nil {
		return false, err
	}
	var content any
	if err := json.Unmarshal(text, &content); err != nil {
		return false, err
	}
	return workspace.ValidateConfigValue(declaration.TypeName(), declaration.Items, content), nil
}

// kindOf describes the type of a value, without the value itself.
func kindOf(value any) string {
	if _, secret := ciphertext(value); secret {
		return "one encrypted string"
	}
	switch value := value.(type) {
	case string:
		if value == "" {
			return "empty"
		}
		return "a string"
	case []any:
		return "a list with an element that is not a string"
	case map[string]any:
		return "a map"
	}
	return "something else"
}

// retyped is the command that sets a value of the right type. It first removes a list or
// a map, which the CLI can't overwrite with a value of another type.
func retyped(name, key string, declaration workspace.ProjectConfigType, value any) string {
	remove := environment.Command("pulumi", "config", "rm", "--stack", name, key) + " && "
	set := []string{"pulumi", "config", "set", "--stack", name}
	if Encrypted(value) {
		set = append(set, "--secret")
	}
	_, isText := value.(string)
	list, isList := value.([]any)
	switch {
	case declaration.TypeName() != "array" && isText:
		return environment.Command(append(set, key, "VALUE")...)
	case declaration.TypeName() != "array":
		return remove + environment.Command(append(set, key, "VALUE")...)
	case isList:
		wrong := slices.IndexFunc(list, func(element any) bool {
			_, isText := element.(string)
			return !isText && !Encrypted(element)
		})
		return environment.Command(append(set, "--path", fmt.Sprintf("%s[%d]", key, max(wrong, 0)), "VALUE")...)
	case Encrypted(value): // pulumi prompts for the value, to keep it out of the shell's history
		return environment.Command(append(set, "--path", key+"[0]")...)
	}
	if _, isMap := value.(map[string]any); !isMap {
		remove = ""
	}
	return remove + environment.Command(append(set, "--path", key+"[0]", "VALUE")...)
}
