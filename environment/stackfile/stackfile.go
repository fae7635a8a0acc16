// Package stackfile reads the files that environments are written in,
// Pulumi.ENVIRONMENT.yaml. It decrypts nothing.
package stackfile

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"bastide/environment"
)

// Project is the name of the file that stands beside those of the environments.
const Project = "Pulumi.yaml"

// Name is the name of an environment's file.
func Name(environment string) string { return "Pulumi." + environment + ".yaml" }

// File is what one of them holds, as far as it matters here.
type File struct {
	// Salt belongs to a passphrase; Provider and Key to a cloud's key service.
	Salt, Provider, Key string
	// Settings are by their whole key, namespace included.
	Settings map[string]any
}

// Read reads an environment of the project in a folder.
func Read(root, name string) (File, error) {
	text, err := Text(root, name)
	if err != nil {
		return File{}, err
	}
	file, err := Parse(text)
	if err != nil {
		return File{}, fmt.Errorf("reading environment %q: %w", name, err)
	}
	return file, nil
}

// Text reads an environment's file. The name becomes part of paths, so its form
// is checked first.
func Text(root, name string) ([]byte, error) {
	existing := strings.Join(Environments(root), ", ")
	if !environment.IsName(name) {
		return nil, fmt.Errorf("%q can't be the name of an environment: lower case letters, digits and single hyphens, a letter first; name one of %s",
			name, existing)
	}
	text, err := os.ReadFile(filepath.Join(root, Name(name)))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("there is no environment %q: no %s beside Pulumi.yaml; name one of %s: %w", name, Name(name), existing, ErrNone)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the environment: %w", err)
	}
	return text, nil
}

// ErrNone is what Text and Read answer about an environment that is not there.
var ErrNone = errors.New("`bastide fork` makes new ones")

// Environments lists those that exist, sorted.
func Environments(root string) (names []string) {
	paths, _ := filepath.Glob(filepath.Join(root, Name("*")))
	for _, path := range paths {
		name := strings.TrimPrefix(filepath.Base(path), "Pulumi.")
		names = append(names, strings.TrimSuffix(name, ".yaml"))
	}
	return names
}

// parts are what the CLI reads of a stack's file.
var parts = []string{"config", "encryptedkey", "encryptionsalt", "environment", "secretsprovider"}

// Parse reads the text of an environment's file. What the CLI would pass over in
// silence is an error: a misspelt `config` would be an environment without settings.
func Parse(text []byte) (file File, err error) {
	var document map[string]any
	if err := yaml.Unmarshal(text, &document); err != nil {
		return file, err
	}
	for _, part := range slices.Sorted(maps.Keys(document)) {
		if !slices.Contains(parts, part) {
			return file, fmt.Errorf("`%s` is no part of such a file, which are %s; settings stand under `config`", part, strings.Join(parts, ", "))
		}
	}
	settings, isMap := document["config"].(map[string]any)
	if !isMap && document["config"] != nil {
		return file, errors.New("its `config` has to hold one setting a line, KEY: VALUE, as Pulumi.dev.yaml does")
	}
	file = File{Settings: map[string]any{}}
	file.Salt, _ = document["encryptionsalt"].(string)
	file.Provider, _ = document["secretsprovider"].(string)
	file.Key, _ = document["encryptedkey"].(string)
	for key, value := range settings {
		file.Settings[WholeKey(key)] = value
	}
	return file, nil
}

// WholeKey writes a key as the CLI reads it, which accepts "zones" and
// "bastide:config:zones" for "bastide:zones".
func WholeKey(key string) string {
	if !strings.Contains(key, ":") {
		return environment.Namespace + ":" + key
	}
	return strings.Replace(key, ":config:", ":", 1)
}

// Encrypted lists the settings that are stored encrypted, in whole or in part.
func (f File) Encrypted() (keys []string) {
	for key, value := range f.Settings {
		if Encrypted(value) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// Encrypted tells whether a setting, or an element of it, is stored encrypted.
func Encrypted(value any) bool {
	switch value := value.(type) {
	case map[string]any:
		_, secure := value["secure"]
		return secure
	case []any:
		return slices.ContainsFunc(value, Encrypted)
	}
	return false
}
