package engine

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"sigs.k8s.io/yaml"
)

// Passphrase is the throw-away passphrase of the dev environment and of every
// rehearsal. It protects nothing: README.md tells it to everyone.
const Passphrase = "rehearsal"

// Files are the project's and the environment's settings, as they were read.
type Files struct {
	Project, Stack []byte
}

// standIns are used where an environment's settings are encrypted with a
// passphrase that a rehearsal has no business to know.
var standIns = map[string]any{
	"bastide:adminCidrs":        []any{"203.0.113.7/32"},
	"bastide:privateAdminCidrs": []any{"192.168.250.0/24"},
	"bastide:rehearsal":         true,
}

// ReadFiles reads the settings of an environment. It reports which of them it
// had to put stand-ins for.
func ReadFiles(root, stack string) (files Files, replaced []string, err error) {
	files.Project, err = os.ReadFile(filepath.Join(root, "Pulumi.yaml"))
	if err != nil {
		return files, nil, fmt.Errorf("reading the project: %w", err)
	}
	files.Stack, err = os.ReadFile(filepath.Join(root, "Pulumi."+stack+".yaml"))
	if errors.Is(err, os.ErrNotExist) {
		return files, nil, fmt.Errorf("there is no environment %q: no Pulumi.%s.yaml beside Pulumi.yaml; type `make rehearse ENV=dev`, or name one of %s",
			stack, stack, strings.Join(environments(root), ", "))
	}
	if err != nil {
		return files, nil, fmt.Errorf("reading the environment: %w", err)
	}
	files.Stack, replaced, err = replaceSecrets(files.Stack)
	return files, replaced, err
}

// environments lists what can be rehearsed.
func environments(root string) (names []string) {
	paths, _ := filepath.Glob(filepath.Join(root, "Pulumi.*.yaml"))
	for _, path := range paths {
		name := strings.TrimPrefix(filepath.Base(path), "Pulumi.")
		names = append(names, strings.TrimSuffix(name, ".yaml"))
	}
	return names
}

// replaceSecrets returns the settings of a stack in a form that Passphrase
// opens: unchanged if it does already, otherwise with stand-ins.
func replaceSecrets(text []byte) (replaced []byte, keys []string, err error) {
	var stack struct {
		Salt   string         `json:"encryptionsalt,omitempty"`
		Config map[string]any `json:"config"`
	}
	if err := yaml.Unmarshal(text, &stack); err != nil {
		return nil, nil, fmt.Errorf("reading the environment: %w", err)
	}
	if stack.Salt == "" || opens(stack.Salt) {
		return text, nil, nil
	}
	stack.Salt = ""
	for key, value := range stack.Config {
		if !encrypted(value) {
			continue
		}
		standIn, known := standIns[key]
		if !known {
			return nil, nil, fmt.Errorf("%s is stored encrypted, and a rehearsal has neither its passphrase nor a stand-in for it", key)
		}
		stack.Config[key] = standIn
		stack.Config["bastide:rehearsal"] = true
		keys = append(keys, key)
	}
	replaced, err = yaml.Marshal(stack)
	return replaced, keys, err
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
