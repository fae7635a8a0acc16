package engine

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"bastide/environment"
)

// Environment reads and checks an environment without an engine and without a
// passphrase: stand-ins take the place of what is encrypted. Nothing is decrypted.
func Environment(root, name string) (*environment.Environment, error) {
	settings, err := Settings(root, name)
	if err != nil {
		return nil, err
	}
	values, err := defaults(root)
	if err != nil {
		return nil, err
	}
	source := fileSource{name: name, values: values}
	for key, value := range settings {
		if !encrypted(value) {
			source.values[key] = value
			continue
		}
		standIn, known := environment.StandIns(settings)[key]
		if !known {
			return nil, fmt.Errorf("%s is stored encrypted, and there is no stand-in for it", key)
		}
		source.values[key], source.values["bastide:rehearsal"] = standIn, true
		source.secrets = append(source.secrets, key)
	}
	return environment.Load(source)
}

// defaults are what Pulumi.yaml declares.
func defaults(root string) (map[string]any, error) {
	text, err := os.ReadFile(filepath.Join(root, "Pulumi.yaml"))
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
		values[key] = declared.Default
	}
	return values, nil
}

// fileSource is an environment.Source of what stands in files.
type fileSource struct {
	name    string
	values  map[string]any
	secrets []string
}

func (s fileSource) Stack() string { return s.name }

func (s fileSource) Get(key string) (string, bool) {
	value, ok := s.values[key]
	switch value.(type) {
	case nil:
		return "", ok
	case []any, map[string]any:
		text, err := json.Marshal(value)
		return string(text), err == nil
	}
	return fmt.Sprint(value), ok
}

func (s fileSource) Secret(key string) bool { return slices.Contains(s.secrets, key) }

func (s fileSource) Keys() []string {
	return slices.DeleteFunc(slices.Collect(maps.Keys(s.values)), func(key string) bool {
		return strings.HasPrefix(key, "pulumi:")
	})
}
