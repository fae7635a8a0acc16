package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"

	"bastide/environment"
)

// stackFile is what a Pulumi.ENVIRONMENT.yaml holds, as far as it matters here.
type stackFile struct {
	// Salt belongs to a passphrase; Provider and Key to a cloud's key service.
	Salt, Provider, Key string
	// Settings are by their whole key, namespace included.
	Settings map[string]any
}

// Settings are those of an environment, by their whole key, as its file holds
// them: what is encrypted stays so.
func Settings(root, name string) (map[string]any, error) {
	text, err := readStack(root, name)
	if err != nil {
		return nil, err
	}
	stack, err := parseStack(text)
	if err != nil {
		return nil, fmt.Errorf("reading environment %q: %w", name, err)
	}
	return stack.Settings, nil
}

// readStack reads an environment's file. The name becomes part of paths, so its
// form is checked first.
func readStack(root, name string) ([]byte, error) {
	existing := strings.Join(environments(root), ", ")
	if !environment.IsName(name) {
		return nil, fmt.Errorf("%q can't be the name of an environment: lower case letters, digits and single hyphens, a letter first; name one of %s",
			name, existing)
	}
	file := "Pulumi." + name + ".yaml"
	text, err := os.ReadFile(filepath.Join(root, file))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("there is no environment %q: no %s beside Pulumi.yaml; name one of %s", name, file, existing)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the environment: %w", err)
	}
	return text, nil
}

// environments lists those that exist.
func environments(root string) (names []string) {
	paths, _ := filepath.Glob(filepath.Join(root, "Pulumi.*.yaml"))
	for _, path := range paths {
		name := strings.TrimPrefix(filepath.Base(path), "Pulumi.")
		names = append(names, strings.TrimSuffix(name, ".yaml"))
	}
	return names
}

func parseStack(text []byte) (stack stackFile, err error) {
	var file struct {
		Salt     string `json:"encryptionsalt"`
		Provider string `json:"secretsprovider"`
		Key      string `json:"encryptedkey"`
		Config   any    `json:"config"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return stack, err
	}
	settings, isMap := file.Config.(map[string]any)
	if !isMap && file.Config != nil {
		return stack, errors.New("its `config` has to hold one setting a line, KEY: VALUE, as Pulumi.dev.yaml does")
	}
	stack = stackFile{Salt: file.Salt, Provider: file.Provider, Key: file.Key, Settings: map[string]any{}}
	for key, value := range settings {
		stack.Settings[wholeKey(key)] = value
	}
	return stack, nil
}

// wholeKey writes a key as the CLI reads it, which accepts "zones" and
// "bastide:config:zones" for "bastide:zones".
func wholeKey(key string) string {
	if !strings.Contains(key, ":") {
		return environment.Namespace + ":" + key
	}
	return strings.Replace(key, ":config:", ":", 1)
}
