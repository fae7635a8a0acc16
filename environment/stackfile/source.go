package stackfile

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// Source passes a file's settings to environment.Load, completed with the defaults of
// Pulumi.yaml as the CLI does. It does not decrypt: replace encrypted values first.
type Source struct {
	name    string
	values  map[string]any
	secrets []string
}

// NewSource completes an environment's settings. secrets are the keys that count as
// stored encrypted.
func NewSource(root, name string, settings map[string]any, secrets []string) (Source, error) {
	values, err := Defaults(root)
	if err != nil {
		return Source{}, err
	}
	return completed(values, name, settings, secrets), nil
}

func completed(defaults map[string]any, name string, settings map[string]any, secrets []string) Source {
	maps.Copy(defaults, settings)
	return Source{name: name, values: defaults, secrets: secrets}
}

// declarations are the settings that Pulumi.yaml declares, by their full key.
func declarations(root string) (map[string]workspace.ProjectConfigType, error) {
	project, err := workspace.LoadProject(filepath.Join(root, Project))
	if err != nil {
		return nil, fmt.Errorf("reading the project: %w", err)
	}
	declared := map[string]workspace.ProjectConfigType{}
	for key, declaration := range project.Config {
		declared[FullKey(key)] = declaration
	}
	return declared, nil
}

// Defaults are the values of settings in Pulumi.yaml, in the form of File.Settings.
func Defaults(root string) (map[string]any, error) {
	declared, err := declarations(root)
	if err != nil {
		return nil, err
	}
	return defaults(declared)
}

func defaults(declared map[string]workspace.ProjectConfigType) (values map[string]any, err error) {
	values = map[string]any{}
	for key, declaration := range declared {
		given := declaration.Value
		if declaration.Default != nil {
			given = declaration.Default
		}
		switch given.(type) {
		case nil:
		case string, int, bool:
			values[key] = fmt.Sprint(given)
		default:
			if values[key], err = workspace.SimplifyMarshalledValue(given); err != nil {
				return nil, fmt.Errorf("reading the project: %s: %w", key, err)
			}
		}
	}
	return values, nil
}

// Stack implements environment.Source.
func (s Source) Stack() string { return s.name }

// Get implements environment.Source.
func (s Source) Get(key string) (string, bool) {
	value, ok := s.values[key]
	if !ok {
		return "", false
	}
	if text, isText := value.(string); isText {
		return text, true
	}
	text, err := json.Marshal(value)
	return string(text), err == nil
}

// Secret implements environment.Source.
func (s Source) Secret(key string) bool { return slices.Contains(s.secrets, key) }

// Keys implements environment.Source. Pulumi's own keys are not settings.
func (s Source) Keys() []string {
	return slices.DeleteFunc(slices.Collect(maps.Keys(s.values)), func(key string) bool {
		return strings.HasPrefix(key, "pulumi:")
	})
}
