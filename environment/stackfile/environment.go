package stackfile

import (
	"errors"
	"slices"

	"bastide/environment"
)

// Environment reads and checks an environment without an engine and without a
// passphrase: stand-ins take the place of what is encrypted. Nothing is decrypted.
func Environment(root, name string) (*environment.Environment, error) {
	file, err := Read(root, name)
	if err != nil {
		return nil, err
	}
	return file.Closed(root, name)
}

// Closed is Load with stand-ins for what is encrypted, and for what is pending.
func (f File) Closed(root, name string, pending ...string) (*environment.Environment, error) {
	settings, replaced, err := f.WithStandIns(pending, func(text string) (any, error) { return text, nil })
	if err != nil {
		return nil, err
	}
	return f.Load(root, name, settings, replaced)
}

// Load checks an environment as the CLI and then the program would, and tells all
// that either refuses at once. The settings are the file's, with something in place of
// what it encrypts; secrets are the keys of these.
func (f File) Load(root, name string, settings map[string]any, secrets []string) (*environment.Environment, error) {
	declared, err := declarations(root)
	if err != nil {
		return nil, err
	}
	values, err := defaults(declared)
	if err != nil {
		return nil, err
	}
	misfits, err := f.misfits(declared, name)
	if err != nil {
		return nil, err
	}
	loaded, err := environment.Load(completed(values, name, settings, secrets))
	problems := environment.Problems{Environment: name}
	if err != nil && !errors.As(err, &problems) {
		return nil, err
	}
	for _, misfit := range misfits {
		// Of a secret the same is said, be it decrypted or not.
		if _, secret := ciphertext(f.Settings[misfit.Key]); secret {
			problems.List = slices.DeleteFunc(problems.List, func(p environment.Problem) bool { return p.Key == misfit.Key })
		}
		if !problems.About(misfit.Key) {
			problems.List = append(problems.List, misfit)
		}
	}
	if len(problems.List) > 0 {
		return nil, problems
	}
	return loaded, nil
}
