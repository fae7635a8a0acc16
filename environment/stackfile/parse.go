package stackfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/encoding"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"gopkg.in/yaml.v3"

	"bastide/environment"
)

// parts are what the CLI reads of a stack's file.
var parts = []string{"config", "encryptedkey", "encryptionsalt", "environment", "secretsprovider"}

// ours is the project in whose namespace a key is that has none.
var ours = &workspace.Project{Name: tokens.PackageName(environment.Namespace)}

// byteOrderMark is what some editors begin a file with. The CLI passes over it.
const byteOrderMark = "\ufeff"

// Parse reads the text of an environment's file, by the CLI's own library. Besides
// what the CLI refuses, all is an error that it would pass over in silence, or read
// one way or the other by chance.
func Parse(text []byte) (File, error) {
	text = bytes.TrimPrefix(text, []byte(byteOrderMark))
	if err := strict(text); err != nil {
		return File{}, err
	}
	stack, err := workspace.LoadProjectStackBytes(nil, ours, text, Project, encoding.YAML)
	if err != nil {
		return File{}, told(err)
	}
	if len(stack.EnvironmentBytes()) > 0 {
		return File{}, errors.New("its `environment` takes settings from Pulumi ESC, which backends like file:// and gs:// don't have; write them under `config`")
	}
	file := File{Salt: stack.EncryptionSalt, Provider: stack.SecretsProvider, Key: stack.EncryptedKey, Settings: map[string]any{}}
	for key, value := range stack.Config {
		if file.Settings[key.String()], err = setting(value); err != nil {
			return File{}, fmt.Errorf("%s: %w", key, err)
		}
	}
	return file, nil
}

// setting is a value as the program gets it, but for what is encrypted.
func setting(value config.Value) (any, error) {
	held, err := value.ToObject()
	if err == nil && value.Secure() && !value.Object() {
		return map[string]any{secure: held}, nil
	}
	return held, err
}

// strict refuses what the CLI takes and should not.
func strict(text []byte) error {
	var raw any
	if err := encoding.YAML.Unmarshal(text, &raw); err != nil {
		return told(err)
	}
	if err := alone(text); err != nil {
		return err
	}
	if raw == nil { // an empty file
		return nil
	}
	document, err := workspace.SimplifyMarshalledProject(raw)
	if err != nil {
		return errors.New("it has to hold one part a line, as Pulumi.dev.yaml does")
	}
	for _, part := range slices.Sorted(maps.Keys(document)) {
		if !slices.Contains(parts, part) {
			return fmt.Errorf("`%s` is no part of such a file, which are %s; settings stand under `config`", part, strings.Join(parts, ", "))
		}
	}
	settings, isMap := document["config"].(map[string]any)
	if !isMap && document["config"] != nil {
		return errors.New("its `config` has to hold one setting a line, KEY: VALUE, as Pulumi.dev.yaml does")
	}
	return once(settings)
}

// alone refuses a second document with anything in it. The CLI reads the first one, and
// says nothing.
func alone(text []byte) error {
	documents := yaml.NewDecoder(bytes.NewReader(text))
	for n := 0; ; n++ {
		var document yaml.Node
		err := documents.Decode(&document)
		if errors.Is(err, io.EOF) {
			return nil
		}
		empty := err == nil && document.Content[0].ShortTag() == "!!null"
		if n > 0 && !empty {
			return errors.New("it holds more than one YAML document, of which pulumi reads only the first, in silence; put all settings under one `config`, and take the line `---` between them out")
		}
	}
}

// once refuses a key that is spelt in two ways: which of the values counts would be
// chance.
func once(settings map[string]any) error {
	spellings := map[string][]string{}
	for key := range settings {
		whole := WholeKey(key)
		spellings[whole] = append(spellings[whole], "`"+key+"`")
	}
	var twice []string
	for _, key := range slices.Sorted(maps.Keys(spellings)) {
		if same := slices.Sorted(slices.Values(spellings[key])); len(same) > 1 {
			twice = append(twice, fmt.Sprintf("%s stands %d times, as %s, and Pulumi takes either value by chance; keep one of these lines, and take the others out",
				key, len(same), strings.Join(same, " and ")))
		}
	}
	if len(twice) > 0 {
		return errors.New(strings.Join(twice, "\n"))
	}
	return nil
}

// told is an error of the library, on one line and with what to do.
func told(err error) error {
	var lines []string
	for line := range strings.Lines(strings.TrimPrefix(err.Error(), "yaml: unmarshal errors:")) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	said := strings.Join(lines, ", ")
	switch {
	case strings.Contains(said, "already defined at"):
		said += "; keep one of these lines, and take the other out"
	case strings.Contains(said, "unknown anchor"):
		said += "; write the value there instead of the alias"
	}
	return fmt.Errorf("pulumi can't read it: %s", said)
}

// WholeKey writes a key as the CLI reads it, which accepts "zones" and
// "bastide:config:zones" for "bastide:zones".
func WholeKey(key string) string {
	if !strings.Contains(key, ":") {
		return environment.Namespace + ":" + key
	}
	whole, err := config.ParseKey(key)
	if err != nil {
		return key
	}
	return whole.String()
}

// YAML writes a file that is read as this one.
func (f File) YAML() ([]byte, error) {
	settings := map[string]any{}
	for key, value := range f.Settings {
		settings[key] = written(value)
	}
	document := map[string]any{"config": settings}
	for part, text := range map[string]string{"encryptionsalt": f.Salt, "secretsprovider": f.Provider, "encryptedkey": f.Key} {
		if text != "" {
			document[part] = text
		}
	}
	return encoding.YAML.Marshal(document)
}

// written is a value as people would write it: without quotes, where its text stays
// the same without.
func written(value any) any {
	text, isText := value.(string)
	if !isText {
		return value
	}
	if text == "true" || text == "false" {
		return text == "true"
	}
	if number, err := strconv.Atoi(text); err == nil && strconv.Itoa(number) == text {
		return number
	}
	return text
}
