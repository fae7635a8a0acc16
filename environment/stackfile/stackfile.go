// Package stackfile reads the stack files of environments, Pulumi.ENVIRONMENT.yaml. It
// uses the Pulumi CLI's own library, so that both read the same. It decrypts nothing.
package stackfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"bastide/environment"
)

// Project is the name of the project file, next to the stack files.
const Project = "Pulumi.yaml"

// Name is the name of an environment's file.
func Name(environment string) string { return "Pulumi." + environment + ".yaml" }

// File is the content of a stack file.
type File struct {
	// Salt is used with a passphrase; Provider and Key with a cloud's key service.
	Salt, Provider, Key string
	// Settings are by their full key, namespace included. Strings, numbers and booleans
	// are the string that the program receives; lists and maps are []any and
	// map[string]any. An encrypted value is a map whose only key is "secure".
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

// Text reads an environment's file. It validates the name first, because the name
// becomes part of a path.
func Text(root, name string) ([]byte, error) {
	existing := strings.Join(Environments(root), ", ")
	if !environment.IsName(name) {
		return nil, fmt.Errorf("%q can't be the name of an environment: use lower case letters, digits and single hyphens, starting with a letter; environments that exist: %s",
			name, existing)
	}
	text, err := os.ReadFile(filepath.Join(root, Name(name)))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("there is no environment %q: no %s next to Pulumi.yaml; choose one of %s; %w", name, Name(name), existing, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the environment: %w", err)
	}
	return text, nil
}

// ErrNotFound is returned by Text and Read if the environment does not exist.
var ErrNotFound = errors.New("`bastide fork` creates new ones")

// Environments lists those that exist, sorted.
func Environments(root string) (names []string) {
	paths, _ := filepath.Glob(filepath.Join(root, Name("*")))
	for _, path := range paths {
		name := strings.TrimPrefix(filepath.Base(path), "Pulumi.")
		names = append(names, strings.TrimSuffix(name, ".yaml"))
	}
	return names
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

// Encrypted reports whether a setting, or a part of it, is stored encrypted.
func Encrypted(value any) bool {
	if _, secret := ciphertext(value); secret {
		return true
	}
	switch value := value.(type) {
	case map[string]any:
		for _, part := range value {
			if Encrypted(part) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(value, Encrypted)
	}
	return false
}

// ciphertext is the ciphertext of a value that is encrypted as a whole: like the CLI, it
// expects a map with a string under "secure" and no other key.
func ciphertext(value any) (text string, secret bool) {
	if whole, isMap := value.(map[string]any); isMap && len(whole) == 1 {
		text, secret = whole[secure].(string)
	}
	return text, secret
}

const secure = "secure"

// Decrypted are the settings, with encrypted values replaced by the results of decrypt.
func (f File) Decrypted(decrypt func(ciphertext string) string) map[string]any {
	return decrypted(f.Settings, decrypt).(map[string]any)
}

func decrypted(value any, decrypt func(string) string) any {
	if text, secret := ciphertext(value); secret {
		return decrypt(text)
	}
	switch value := value.(type) {
	case map[string]any:
		all := map[string]any{}
		for key, part := range value {
			all[key] = decrypted(part, decrypt)
		}
		return all
	case []any:
		list := []any{}
		for _, element := range value {
			list = append(list, decrypted(element, decrypt))
		}
		return list
	}
	return value
}
