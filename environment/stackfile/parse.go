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

// parts are the top-level keys that the CLI reads of a stack file.
var parts = []string{"config", "encryptedkey", "encryptionsalt", "environment", "secretsprovider"}

// ours is the project whose namespace applies to keys without one.
var ours = &workspace.Project{Name: tokens.PackageName(environment.Namespace)}

// byteOrderMark is written by some editors at the beginning of a file. The CLI ignores it.
const byteOrderMark = "\ufeff"

// Parse parses an environment's file with the CLI's own library. It refuses what the CLI
// refuses, and also what the CLI would silently ignore or read in a random way.
func Parse(text []byte) (File, error) {
	text = bytes.TrimPrefix(text, []byte(byteOrderMark))
	if err := strict(text); err != nil {
		return File{}, err
	}
	stack, err := workspace.LoadProjectStackBytes(nil, ours, text, Project, encoding.YAML)
	if err != nil {
		return File{}, describe(err)
	}
	if len(stack.EnvironmentBytes()) > 0 {
		return File{}, errors.New("its `environment` imports settings from Pulumi ESC, which backends like file:// and gs:// don't support; write them under `config`")
	}
	file := File{Salt: stack.EncryptionSalt, Provider: stack.SecretsProvider, Key: stack.EncryptedKey, Settings: map[string]any{}}
	for key, value := range stack.Config {
		if file.Settings[key.String()], err = setting(value); err != nil {
			return File{}, fmt.Errorf("%s: %w", key, err)
		}
	}
	return file, nil
}

// setting is a value as the program receives it, except that encrypted values stay as
// they are.
func setting(value config.Value) (any, error) {
	object, err := value.ToObject()
	if err == nil && value.Secure() && !value.Object() {
		return map[string]any{secure: object}, nil
	}
	return object, err
}

// strict refuses files that the CLI accepts but misreads.
func strict(text []byte) error {
	var raw any
	if err := encoding.YAML.Unmarshal(text, &raw); err != nil {
		return describe(err)
	}
	if err := oneDocument(text); err != nil {
		return err
	}
	if raw == nil { // an empty file
		return nil
	}
	document, err := workspace.SimplifyMarshalledProject(raw)
	if err != nil {
		return errors.New("it has to be a map with string keys, as Pulumi.dev.yaml is")
	}
	for _, part := range slices.Sorted(maps.Keys(document)) {
		if !slices.Contains(parts, part) {
			return fmt.Errorf("`%s` is not a key of stack files, which are %s; settings belong under `config`", part, strings.Join(parts, ", "))
		}
	}
	settings, isMap := document["config"].(map[string]any)
	if !isMap && document["config"] != nil {
		return errors.New("its `config` has to have one setting a line, KEY: VALUE, as in Pulumi.dev.yaml")
	}
	return noDuplicates(settings)
}

// oneDocument refuses a second YAML document unless it is empty. The CLI silently reads
// only the first.
func oneDocument(text []byte) error {
	documents := yaml.NewDecoder(bytes.NewReader(text))
	for n := 0; ; n++ {
		var document yaml.Node
		err := documents.Decode(&document)
		if errors.Is(err, io.EOF) {
			return nil
		}
		empty := err == nil && document.Content[0].ShortTag() == "!!null"
		if n > 0 && !empty {
			return errors.New("it contains more than one YAML document, but pulumi silently reads only the first; put all settings under one `config`, and remove the line `---` between them")
		}
	}
}

// noDuplicates refuses a setting whose key appears in several spellings: the CLI would
// pick one of the values at random.
func noDuplicates(settings map[string]any) error {
	spellings := map[string][]string{}
	for key := range settings {
		whole := FullKey(key)
		spellings[whole] = append(spellings[whole], "`"+key+"`")
	}
	var twice []string
	for _, key := range slices.Sorted(maps.Keys(spellings)) {
		if same := slices.Sorted(slices.Values(spellings[key])); len(same) > 1 {
			twice = append(twice, fmt.Sprintf("%s is set %d times, as %s, and Pulumi picks one of the values at random; keep one of these lines, and remove the others",
				key, len(same), strings.Join(same, " and ")))
		}
	}
	if len(twice) > 0 {
		return errors.New(strings.Join(twice, "\n"))
	}
	return nil
}

// describe puts an error of the library on one line, and adds what to do.
func describe(err error) error {
	var lines []string
	for line := range strings.Lines(strings.TrimPrefix(err.Error(), "yaml: unmarshal errors:")) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	message := strings.Join(lines, ", ")
	switch {
	case strings.Contains(message, "already defined at"):
		message += "; keep one of these lines, and remove the other"
	case strings.Contains(message, "unknown anchor"):
		message += "; write the value there instead of the alias"
	}
	return fmt.Errorf("pulumi can't read it: %s", message)
}

// FullKey is the full form of a key: the CLI accepts "zones" and
// "bastide:config:zones" for "bastide:zones".
func FullKey(key string) string {
	if !strings.Contains(key, ":") {
		return environment.Namespace + ":" + key
	}
	whole, err := config.ParseKey(key)
	if err != nil {
		return key
	}
	return whole.String()
}

// YAML returns the text of a file that Parse reads back as f.
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

// written is a value as people would write it: without quotes, if it is read the same
// without them.
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
