// Package environmenttest provides settings and environments for tests: the defaults of
// Pulumi.yaml, with what a test changes.
package environmenttest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"bastide/environment"
)

// Settings is an environment.Source backed by a map. Values have the types of decoded
// YAML: strings, numbers, booleans, lists.
type Settings struct {
	Environment string
	Values      map[string]any
	Secrets     []string
}

// Small is the smallest complete environment: every other setting has its default. As in
// every rehearsal, the admin range is a documentation address.
func Small(tb testing.TB) *Settings {
	tb.Helper()
	s := Defaults(tb)
	s.Set("gcp:project", "bastide-test")
	s.Set("gcp:region", "europe-west1")
	s.Set("bastide:adminCidrs", []any{"203.0.113.7/32"})
	s.Set("bastide:networkCidr", "10.64.0.0/20")
	s.Set("bastide:rehearsal", true)
	return s
}

// Defaults are the defaults that Pulumi.yaml declares, as the CLI would pass them.
func Defaults(tb testing.TB) *Settings {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(Root(tb), "Pulumi.yaml"))
	require.NoError(tb, err)
	var project struct {
		Config map[string]struct{ Default any }
	}
	require.NoError(tb, yaml.Unmarshal(text, &project))
	values := map[string]any{}
	for key, declared := range project.Config {
		values[key] = declared.Default
	}
	return &Settings{Environment: "dev", Values: values}
}

// File reads an environment from its Pulumi.ENVIRONMENT.yaml. Encrypted values are
// replaced with placeholders and marked as secret.
func File(tb testing.TB, path string) *Settings {
	tb.Helper()
	text, err := os.ReadFile(path)
	require.NoError(tb, err)
	var stack struct{ Config map[string]any }
	require.NoError(tb, yaml.Unmarshal(text, &stack))
	s := Defaults(tb)
	s.Environment = strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "Pulumi."), ".yaml")
	placeholders := environment.Placeholders(stack.Config)
	for key, value := range stack.Config {
		if strings.Contains(fmt.Sprint(value), "secure:") {
			require.Contains(tb, placeholders, key)
			value = placeholders[key]
			s.Secrets = append(s.Secrets, key)
		}
		s.Values[key] = value
	}
	return s
}

// Examples are the environments on which tests run the program: dev, and those in
// tests/environments.
func Examples(tb testing.TB) (all []*Settings) {
	tb.Helper()
	paths, err := filepath.Glob(filepath.Join(Root(tb), "tests", "environments", "Pulumi.*.yaml"))
	require.NoError(tb, err)
	require.NotEmpty(tb, paths)
	for _, path := range append(paths, filepath.Join(Root(tb), "Pulumi.dev.yaml")) {
		all = append(all, File(tb, path))
	}
	return all
}

// Root is the folder of the project.
func Root(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	require.NoError(tb, err)
	for !exists(filepath.Join(dir, "Pulumi.yaml")) {
		parent := filepath.Dir(dir)
		require.NotEqual(tb, dir, parent, "no Pulumi.yaml above the test")
		dir = parent
	}
	return dir
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Load loads the settings, and fails the test if they have a problem.
func (s *Settings) Load(tb testing.TB) *environment.Environment {
	tb.Helper()
	e, err := environment.Load(s)
	require.NoError(tb, err)
	return e
}

// Set changes a value; it returns the settings for chaining.
func (s *Settings) Set(key string, value any) *Settings {
	s.Values[key] = value
	return s
}

// Config is the settings as Pulumi passes them to a program.
func (s *Settings) Config() map[string]string {
	config := map[string]string{}
	for key := range s.Values {
		config[key], _ = s.Get(key)
	}
	return config
}

// Stack implements environment.Source.
func (s *Settings) Stack() string { return s.Environment }

// Get implements environment.Source.
func (s *Settings) Get(key string) (string, bool) {
	value, ok := s.Values[key]
	switch value.(type) {
	case []any, map[string]any:
		text, err := json.Marshal(value)
		return string(text), err == nil
	}
	return fmt.Sprint(value), ok
}

// Secret implements environment.Source.
func (s *Settings) Secret(key string) bool { return slices.Contains(s.Secrets, key) }

// Keys implements environment.Source.
func (s *Settings) Keys() []string {
	return slices.DeleteFunc(slices.Collect(maps.Keys(s.Values)), func(key string) bool {
		return strings.HasPrefix(key, "pulumi:")
	})
}

// Disabled are the policies that an environment turns off, in policies/levels or, for
// the examples, in tests/environments.
func Disabled(tb testing.TB, environment string) (names []string) {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(Root(tb), "policies", "levels", environment+".json"))
	if errors.Is(err, fs.ErrNotExist) {
		text, err = os.ReadFile(filepath.Join(Root(tb), "tests", "environments", "levels."+environment+".json"))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	require.NoError(tb, err)
	var levels map[string]string
	require.NoError(tb, json.Unmarshal(text, &levels))
	for name, level := range levels {
		require.Equal(tb, "disabled", level, name)
		names = append(names, name)
	}
	return names
}
