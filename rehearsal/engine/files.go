package engine

import (
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"

	"bastide/environment/stackfile"
)

// Files are the project's and the environment's settings, as they were read.
type Files struct {
	Project, Stack []byte
}

// ReadFiles reads the settings of an environment. It reports which of them it
// had to put placeholders for.
func ReadFiles(root, stack string) (files Files, replaced []string, err error) {
	return readFiles(root, stack, open, nil)
}

// PlanFiles is ReadFiles for who must not even try a passphrase: all that is
// encrypted becomes a placeholder, and so does what is pending, which is to be set
// and encrypted one day.
func PlanFiles(root, stack string, pending ...string) (files Files, replaced []string, err error) {
	return readFiles(root, stack, func(stackfile.File) bool { return false }, pending)
}

func readFiles(root, stack string, asItIs func(stackfile.File) bool, pending []string) (files Files, replaced []string, err error) {
	files.Project, err = os.ReadFile(filepath.Join(root, stackfile.Project))
	if err != nil {
		return files, nil, fmt.Errorf("reading the project: %w", err)
	}
	if files.Stack, err = stackfile.Text(root, stack); err != nil {
		return files, nil, err
	}
	file, err := stackfile.Parse(files.Stack)
	if err == nil && !asItIs(file) {
		files.Stack, replaced, err = replaceSecrets(file, pending)
	}
	if err != nil {
		return files, nil, fmt.Errorf("reading environment %q: %w", stack, err)
	}
	files.Stack, err = FromNothing(files.Stack)
	return files, replaced, err
}

// Settings are those of an environment, by their whole key, as its file holds
// them: what is encrypted stays so.
func Settings(root, name string) (map[string]any, error) {
	file, err := stackfile.Read(root, name)
	return file.Settings, err
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

// open tells whether the CLI can work on a stack with Passphrase alone.
func open(file stackfile.File) bool {
	if file.Provider != "" || file.Key != "" {
		return false
	}
	return file.Salt != "" && Unlock(file.Salt, Passphrase) != nil || file.Salt == "" && len(file.Encrypted()) == 0
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
