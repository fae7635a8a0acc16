package engine

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"sigs.k8s.io/yaml"

	"bastide/environment"
)

// Passphrase is the throw-away passphrase of the dev environment and of every
// rehearsal. It protects nothing: README.md tells it to everyone.
const Passphrase = "rehearsal"

// Files are the project's and the environment's settings, as they were read.
type Files struct {
	Project, Stack []byte
}

// ReadFiles reads the settings of an environment. It reports which of them it
// had to put stand-ins for.
func ReadFiles(root, stack string) (files Files, replaced []string, err error) {
	files.Project, err = os.ReadFile(filepath.Join(root, "Pulumi.yaml"))
	if err != nil {
		return files, nil, fmt.Errorf("reading the project: %w", err)
	}
	if files.Stack, err = readStack(root, stack); err != nil {
		return files, nil, err
	}
	if files.Stack, replaced, err = replaceSecrets(files.Stack); err != nil {
		return files, nil, fmt.Errorf("reading environment %q: %w", stack, err)
	}
	files.Stack, err = FromNothing(files.Stack)
	return files, replaced, err
}

// bootstrap is on for the first `up` of an environment, which is what a
// rehearsal is, and off ever after.
const bootstrap = "bastide:openbaoBootstrap"

// FromNothing is the settings of an environment that is not there yet.
func FromNothing(text []byte) ([]byte, error) {
	var stack map[string]any
	if err := yaml.Unmarshal(text, &stack); err != nil {
		return nil, fmt.Errorf("reading the settings: %w", err)
	}
	settings, ok := stack["config"].(map[string]any)
	if !ok || fmt.Sprint(settings[bootstrap]) == "true" {
		return text, nil
	}
	settings[bootstrap] = true
	return yaml.Marshal(stack)
}

// replaceSecrets returns the settings of a stack in a form that Passphrase
// opens: unchanged if it does already, otherwise with stand-ins.
func replaceSecrets(text []byte) (replaced []byte, keys []string, err error) {
	stack, err := parseStack(text)
	if err != nil || stack.open() {
		return text, nil, err
	}
	for key, value := range stack.Settings {
		if !encrypted(value) {
			continue
		}
		standIn, known := environment.StandIns(stack.Settings)[key]
		if !known {
			return nil, nil, fmt.Errorf("%s is stored encrypted: a rehearsal can't decrypt it, and has no stand-in for it", key)
		}
		stack.Settings[key] = standIn
		stack.Settings["bastide:rehearsal"] = true
		keys = append(keys, key)
	}
	// Without its salt, provider and key: the rehearsal's passphrase takes over.
	replaced, err = yaml.Marshal(map[string]any{"config": stack.Settings})
	return replaced, keys, err
}

// open tells whether the CLI can work on a stack with Passphrase alone.
func (s stackFile) open() bool {
	if s.Provider != "" || s.Key != "" {
		return false
	}
	return s.Salt != "" && opens(s.Salt) || s.Salt == "" && !encrypted(slices.Collect(maps.Values(s.Settings)))
}

// encrypted tells whether a setting, or an element of it, is stored encrypted.
func encrypted(value any) bool {
	switch value := value.(type) {
	case map[string]any:
		_, secure := value["secure"]
		return secure
	case []any:
		for _, element := range value {
			if encrypted(element) {
				return true
			}
		}
	}
	return false
}

// opens tells whether Passphrase belongs to a stack's salt, "v1:SALT:CHECK",
// where CHECK is a known word, encrypted.
func opens(state string) bool {
	parts := strings.SplitN(state, ":", 3)
	if len(parts) != 3 || parts[0] != "v1" {
		return false
	}
	salt, err := base64.StdEncoding.DecodeString(parts[1])
	if err != nil {
		return false
	}
	word, err := config.NewSymmetricCrypterFromPassphrase(Passphrase, salt).DecryptValue(context.Background(), parts[2])
	return err == nil && word == "pulumi"
}

// write puts the settings into a folder where the CLI finds them, and may
// change them without changing the originals.
func (f Files) write(dir, stack string) error {
	for name, text := range map[string][]byte{"Pulumi.yaml": f.Project, "Pulumi." + stack + ".yaml": f.Stack} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return fmt.Errorf("copying the settings: %w", err)
		}
	}
	return nil
}
