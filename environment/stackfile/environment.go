package stackfile

import "bastide/environment"

// Environment reads and checks an environment without an engine and without a
// passphrase: stand-ins take the place of what is encrypted. Nothing is decrypted.
func Environment(root, name string) (*environment.Environment, error) {
	file, err := Read(root, name)
	if err != nil {
		return nil, err
	}
	settings, replaced, err := file.WithStandIns(nil, func(text string) (any, error) { return text, nil })
	if err != nil {
		return nil, err
	}
	source, err := NewSource(root, name, settings, replaced)
	if err != nil {
		return nil, err
	}
	return environment.Load(source)
}
