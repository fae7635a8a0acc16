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

// Files are the contents of Pulumi.yaml and Pulumi.STACK.yaml.
type Files struct {
	Project, Stack []byte
}

// ReadFiles reads and checks the settings of an environment whose file is in folder.
// The error lists all problems at once, before anything is built or started. Replaced
// are the keys of the encrypted settings that it replaced by placeholders.
func ReadFiles(root, folder, stack string) (files Files, replaced []string, err error) {
	file, err := stackfile.Read(folder, stack)
	if err != nil {
		return files, nil, err
	}
	crypter, opens := rehearsalDecrypter(file)
	if !opens {
		return checkedPlaceholders(root, stack, file)
	}
	if _, err := file.Load(root, stack, file.Decrypted(revealed(crypter)), file.Encrypted()); err != nil {
		return files, nil, err
	}
	text, err := stackfile.Text(folder, stack)
	if err != nil {
		return files, nil, err
	}
	files, err = newEnvironment(root, stack, text)
	return files, nil, err
}

// PlanFiles is ReadFiles without trying any passphrase. Every encrypted setting becomes
// a placeholder, and so does every pending one: a setting that is still to be set, and
// encrypted. The assumed settings, which are not secret, get the given values where the
// file has none; their keys are among the replaced ones, too.
func PlanFiles(root, stack string, assumed map[string]any, pending ...string) (files Files, replaced []string, err error) {
	file, err := stackfile.Read(root, stack)
	if err != nil {
		return files, nil, err
	}
	filledIn := assume(file.Settings, assumed)
	files, replaced, err = checkedPlaceholders(root, stack, file, pending...)
	return files, slices.Sorted(slices.Values(append(replaced, filledIn...))), err
}

// assume fills in the assumed values of settings that are not given, and returns their
// keys.
func assume(settings, assumed map[string]any) (keys []string) {
	for key, value := range assumed {
		if _, given := settings[key]; !given {
			settings[key] = value
			keys = append(keys, key)
		}
	}
	return keys
}

// checkedPlaceholders checks the settings, and then replaces what is encrypted by
// placeholders.
func checkedPlaceholders(root, stack string, file stackfile.File, pending ...string) (files Files, replaced []string, err error) {
	if _, err := file.LoadWithPlaceholders(root, stack, pending...); err != nil {
		return files, nil, err
	}
	return withPlaceholders(root, stack, file, pending)
}

// RevisionFiles is PlanFiles for another revision of the project. It checks nothing,
// because that revision's program may have other settings.
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
	files, err = newEnvironment(root, stack, text)
	return files, replaced, err
}

// newEnvironment returns the project's settings, and the stack's as they are for the
// first up of an environment.
func newEnvironment(root, stack string, text []byte) (files Files, err error) {
	if files.Project, err = os.ReadFile(filepath.Join(root, stackfile.Project)); err != nil {
		return files, fmt.Errorf("reading the project: %w", err)
	}
	if files.Stack, err = NewEnvironment(text); err != nil {
		return files, fmt.Errorf("reading environment %q: %w", stack, err)
	}
	return files, nil
}

// Settings reads an environment's settings, by their key with its namespace. Encrypted
// values stay encrypted.
func Settings(root, name string) (map[string]any, error) {
	file, err := stackfile.Read(root, name)
	return file.Settings, err
}

// bootstrap is true for the first `up` of an environment, as in a rehearsal, and
// false afterwards.
const bootstrap = "bastide:openbaoBootstrap"

// NewEnvironment returns a stack's settings as they are for the first up of an
// environment. A file that has them already is returned unchanged.
func NewEnvironment(text []byte) ([]byte, error) {
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

// rehearsalDecrypter tells whether Passphrase is all that the CLI needs to work on a
// stack, and returns what then decrypts the stack's secrets, if it has any.
func rehearsalDecrypter(file stackfile.File) (crypter config.Decrypter, opens bool) {
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

// write copies the settings to the folder that the CLI works in, where it may change
// them without changing the originals.
func (f Files) write(dir, stack string) error {
	for name, text := range map[string][]byte{"Pulumi.yaml": f.Project, "Pulumi." + stack + ".yaml": f.Stack} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return fmt.Errorf("copying the settings: %w", err)
		}
	}
	return nil
}

// With sets one setting to its value in others, or to its default, or removes it if it
// has neither. Both files have to be encrypted with the same passphrase, if at all.
func (f Files) With(others Files, defaults map[string]any, key string) (Files, error) {
	source, err := stackfile.Parse(others.Stack)
	if err != nil {
		return f, fmt.Errorf("reading the settings: %w", err)
	}
	value, given := source.Settings[key]
	if !given {
		value, given = defaults[key]
	}
	target, err := stackfile.Parse(f.Stack)
	if err != nil {
		return f, fmt.Errorf("reading the settings: %w", err)
	}
	if delete(target.Settings, key); given {
		target.Settings[key] = value
	}
	target.Salt = cmp.Or(target.Salt, source.Salt)
	f.Stack, err = target.YAML()
	return f, err
}
