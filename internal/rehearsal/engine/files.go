package engine

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"

	"bastide/environment/stackfile"
)

// Files are the project's and the environment's settings, as they were read.
type Files struct {
	Project, Stack []byte
}

// ReadFiles reads and checks the settings of an environment, whose file stands in a
// folder: all that is wrong with them is told at once, before anything is built or
// started. It reports which of them it had to put placeholders for.
func ReadFiles(root, folder, stack string) (files Files, replaced []string, err error) {
	file, err := stackfile.Read(folder, stack)
	if err != nil {
		return files, nil, err
	}
	crypter, opens := open(file)
	if !opens {
		return closed(root, stack, file)
	}
	if _, err := file.Load(root, stack, file.Decrypted(revealed(crypter)), file.Encrypted()); err != nil {
		return files, nil, err
	}
	text, err := stackfile.Text(folder, stack)
	if err != nil {
		return files, nil, err
	}
	files, err = fromNothing(root, stack, text)
	return files, nil, err
}

// PlanFiles is ReadFiles for who must not even try a passphrase: all that is
// encrypted becomes a placeholder, and so does what is pending, which is to be set
// and encrypted one day. What is assumed is still to be set as well, in clear.
func PlanFiles(root, stack string, assumed map[string]any, pending ...string) (files Files, replaced []string, err error) {
	file, err := stackfile.Read(root, stack)
	if err != nil {
		return files, nil, err
	}
	open := assume(file.Settings, assumed)
	files, replaced, err = closed(root, stack, file, pending...)
	return files, slices.Sorted(slices.Values(append(replaced, open...))), err
}

// assume puts what is assumed where nothing is given, and tells where.
func assume(settings, assumed map[string]any) (keys []string) {
	for key, value := range assumed {
		if _, given := settings[key]; !given {
			settings[key] = value
			keys = append(keys, key)
		}
	}
	return keys
}

// closed checks settings, and puts placeholders.
func closed(root, stack string, file stackfile.File, pending ...string) (files Files, replaced []string, err error) {
	if _, err := file.Closed(root, stack, pending...); err != nil {
		return files, nil, err
	}
	return withPlaceholders(root, stack, file, pending)
}

// RevisionFiles is PlanFiles for another revision of the project, whose program has
// rules of its own.
func RevisionFiles(root, stack string) (files Files, replaced []string, err error) {
	file, err := stackfile.Read(root, stack)
	if err != nil {
		return files, nil, err
	}
	return withPlaceholders(root, stack, file, nil)
}

func withPlaceholders(root, stack string, file stackfile.File, pending []string) (files Files, replaced []string, err error) {
	text, replaced, err := replaceSecrets(file, pending)
	if err != nil {
		return files, nil, fmt.Errorf("reading environment %q: %w", stack, err)
	}
	files, err = fromNothing(root, stack, text)
	return files, replaced, err
}

// fromNothing are the project's settings, and those of an environment that is not
// there yet.
func fromNothing(root, stack string, text []byte) (files Files, err error) {
	if files.Project, err = os.ReadFile(filepath.Join(root, stackfile.Project)); err != nil {
		return files, fmt.Errorf("reading the project: %w", err)
	}
	if files.Stack, err = FromNothing(text); err != nil {
		return files, fmt.Errorf("reading environment %q: %w", stack, err)
	}
	return files, nil
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

// FromNothing is the settings of an environment that is not there yet. A file that has
// them already stays as it is.
func FromNothing(text []byte) ([]byte, error) {
	file, err := stackfile.Parse(text)
	if err != nil {
		return nil, err
	}
	if len(file.Settings) == 0 || file.Settings[bootstrap] == "true" {
		return text, nil
	}
	file.Settings[bootstrap] = "true"
	return file.YAML()
}

// open tells whether the CLI can work on a stack with Passphrase alone, and what then
// decrypts its secrets, if it has any.
func open(file stackfile.File) (crypter config.Decrypter, opens bool) {
	if file.Provider != "" || file.Key != "" {
		return nil, false
	}
	if file.Salt == "" {
		return nil, len(file.Encrypted()) == 0
	}
	if crypter := Unlock(file.Salt, Passphrase); crypter != nil {
		return crypter, true
	}
	return nil, false
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

// With gives the files the value that a setting has in others, or their project's
// default, or none. What is encrypted in either is so for the same passphrase.
func (f Files) With(others Files, defaults map[string]any, key string) (Files, error) {
	theirs, err := stackfile.Parse(others.Stack)
	if err != nil {
		return f, fmt.Errorf("reading the settings: %w", err)
	}
	value, given := theirs.Settings[key]
	if !given {
		value, given = defaults[key]
	}
	ours, err := stackfile.Parse(f.Stack)
	if err != nil {
		return f, fmt.Errorf("reading the settings: %w", err)
	}
	if delete(ours.Settings, key); given {
		ours.Settings[key] = value
	}
	ours.Salt = cmp.Or(ours.Salt, theirs.Salt)
	f.Stack, err = ours.YAML()
	return f, err
}
