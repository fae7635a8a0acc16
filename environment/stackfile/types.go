package stackfile

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

	"bastide/environment"
)

// typed says of each type that Pulumi.yaml may declare what its values are.
var typed = map[string]string{
	"string": "a text", "integer": "a whole number", "boolean": "true or false", "array": "a list of texts", "object": "a map",
}

// misfits are the settings whose values are not of the type that Pulumi.yaml declares.
// The CLI's own function judges, which names the first one only and says no more: what
// environment.Load lets pass may not fail there.
func (f File) misfits(declared map[string]workspace.ProjectConfigType, name string) (problems []environment.Problem, err error) {
	for _, key := range slices.Sorted(maps.Keys(declared)) {
		value, given := f.Settings[key]
		declaration := declared[key]
		if !given || !declaration.IsExplicitlyTyped() {
			continue
		}
		kind := declaration.TypeName()
		if _, secret := ciphertext(value); secret && kind != "array" && kind != "object" {
			continue // what it is only the passphrase tells
		}
		right, err := fits(declaration, value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		if right {
			continue
		}
		problems = append(problems, environment.Problem{
			Key: key, Wrong: fmt.Sprintf("is %s, and Pulumi.yaml declares %s", kindOf(value), typed[kind]), Remedy: retyped(name, key, declaration, value),
		})
	}
	return problems, nil
}

// fits asks the CLI's own function about a value, as the CLI would hold it.
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

// kindOf is what a value is, in words. It never tells the value itself.
func kindOf(value any) string {
	if _, secret := ciphertext(value); secret {
		return "one encrypted text"
	}
	switch value := value.(type) {
	case string:
		if value == "" {
			return "empty"
		}
		return "a text"
	case []any:
		return "a list of which not every element is a text"
	case map[string]any:
		return "a map"
	}
	return "something else"
}

// retyped is the command that sets a value of the right type. A list or a map has to go
// first, in the place of which the CLI sets no other kind.
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
	case Encrypted(value): // which pulumi asks for, so that no shell remembers it
		return environment.Command(append(set, "--path", key+"[0]")...)
	}
	if _, isMap := value.(map[string]any); !isMap {
		remove = ""
	}
	return remove + environment.Command(append(set, "--path", key+"[0]", "VALUE")...)
}
