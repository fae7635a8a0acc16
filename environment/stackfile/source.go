package stackfile

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// Source gives a file's settings to environment.Load, completed by the defaults
// of Pulumi.yaml, as the CLI does it. Put something in place of what is encrypted
// first: it is given as it stands.
type Source struct {
	name    string
	values  map[string]any
	secrets []string
}

// NewSource completes an environment's settings. The secrets are keys that are to
// count as stored encrypted.
func NewSource(root, name string, settings map[string]any, secrets []string) (Source, error) {
	values, err := Defaults(root)
	if err != nil {
		return Source{}, err
	}
	maps.Copy(values, settings)
	return Source{name: name, values: values, secrets: secrets}, nil
}

// Defaults are the settings that Pulumi.yaml declares.
func Defaults(root string) (map[string]any, error) {
	text, err := os.ReadFile(filepath.Join(root, Project))
	if err != nil {
		return nil, fmt.Errorf("reading the project: %w", err)
	}
	var project struct {
		Config map[string]struct{ Default any }
	}
	if err := yaml.Unmarshal(text, &project); err != nil {
		return nil, fmt.Errorf("reading the project: %w", err)
	}
	values := map[string]any{}
	for key, declared := range project.Config {
		if declared.Default != nil {
			values[WholeKey(key)] = declared.Default
		}
	}
	return values, nil
}

// Stack implements environment.Source.
func (s Source) Stack() string { return s.name }

// Get implements environment.Source.
func (s Source) Get(key string) (string, bool) {
	value, ok := s.values[key]
	switch value := value.(type) {
	case nil:
		return "", ok
	case []any, map[string]any:
		text, err := json.Marshal(value)
		return string(text), err == nil
	default:
		return fmt.Sprint(value), ok
	}
}

// Secret implements environment.Source.
func (s Source) Secret(key string) bool { return slices.Contains(s.secrets, key) }

// Keys implements environment.Source. What is Pulumi's own is no setting.
func (s Source) Keys() []string {
	return slices.DeleteFunc(slices.Collect(maps.Keys(s.values)), func(key string) bool {
		return strings.HasPrefix(key, "pulumi:")
	})
}
