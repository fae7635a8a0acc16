package stackfile

import (
	"errors"
	"slices"

	"bastide/environment"
)

// Environment reads and validates an environment without the Pulumi engine and without a
// passphrase. It decrypts nothing: placeholders replace encrypted values.
func Environment(root, name string) (*environment.Environment, error) {
	file, err := Read(root, name)
	if err != nil {
		return nil, err
	}
	return file.LoadWithPlaceholders(root, name)
}

// LoadWithPlaceholders is Load with placeholders for encrypted values and for the keys in pending.
func (f File) LoadWithPlaceholders(root, name string, pending ...string) (*environment.Environment, error) {
	settings, replaced, err := f.WithPlaceholders(pending, func(text string) (any, error) { return text, nil })
	if err != nil {
		return nil, err
	}
	return f.Load(root, name, settings, replaced)
}

// Load validates an environment as the CLI and then the program would, and returns the
// problems of both at once. settings are the file's settings with encrypted values
// replaced; secrets are the keys that were encrypted.
func (f File) Load(root, name string, settings map[string]any, secrets []string) (*environment.Environment, error) {
	declared, err := declarations(root)
	if err != nil {
		return nil, err
	}
	values, err := defaults(declared)
	if err != nil {
		return nil, err
	}
	mistyped, err := f.mistyped(declared, name)
	if err != nil {
		return nil, err
	}
	loaded, err := environment.Load(completed(values, name, settings, secrets))
	problems := environment.Problems{Environment: name}
	if err != nil && !errors.As(err, &problems) {
		return nil, err
	}
	for _, problem := range mistyped {
		// A secret's problem must be the same whether or not it was decrypted.
		if _, secret := ciphertext(f.Settings[problem.Key]); secret {
			problems.List = slices.DeleteFunc(problems.List, func(p environment.Problem) bool { return p.Key == problem.Key })
		}
		if !problems.About(problem.Key) {
			problems.List = append(problems.List, problem)
		}
	}
	if len(problems.List) > 0 {
		return nil, problems
	}
	return loaded, nil
}
