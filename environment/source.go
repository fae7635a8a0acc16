package environment

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Source is where settings come from: the Pulumi engine when a program runs, files
// otherwise. Keys include their namespace ("bastide:zones").
type Source interface {
	// Stack is the name of the environment.
	Stack() string
	// Get returns a value as Pulumi passes it: plain text, or JSON for a list.
	Get(key string) (value string, ok bool)
	// Secret reports whether the value, or a part of it, is stored encrypted.
	Secret(key string) bool
	// Keys lists all keys that are set.
	Keys() []string
}

// reader converts settings to typed values and collects problems. A value that can't
// be converted becomes the zero value, and a problem is reported for its key.
type reader struct {
	source   Source
	read     []string
	problems []Problem
}

// qualified adds the project's namespace to a key that has none.
func qualified(key string) string {
	if strings.Contains(key, ":") || key == stackKey {
		return key
	}
	return Namespace + ":" + key
}

// setting is the command that sets a key, for a Problem's Remedy.
func (r *reader) setting(key, value string) string {
	return r.command("set", key, qualified(key), value)
}

// element is the command that sets one element of a list.
func (r *reader) element(key string, index int, value string) string {
	return r.command("set", key, "--path", qualified(indexed(key, index)), value)
}

// removal is the command that removes one element of a list.
func (r *reader) removal(key string, index int) string {
	return r.command("rm", "", "--path", qualified(indexed(key, index)))
}

// command is a remedy. It names the stack, because another one may be selected, and
// keeps encrypted values encrypted.
func (r *reader) command(verb, key string, rest ...string) string {
	words := []string{"pulumi", "config", verb, "--stack", r.source.Stack()}
	if key != "" && r.source.Secret(qualified(key)) {
		words = append(words, "--secret")
	}
	return Command(append(words, rest...)...)
}

// report adds a problem, but only the first for each key: further ones would follow
// from a value that is already known to be wrong.
func (r *reader) report(key, remedy, wrong string, args ...any) {
	key = qualified(key)
	if r.reported(key) {
		return
	}
	r.problems = append(r.problems, Problem{Key: key, Wrong: fmt.Sprintf(wrong, args...), Remedy: remedy})
}

func (r *reader) reported(key string) bool {
	return about(r.problems, qualified(key))
}

// text reads a setting that appears in clear text in names, labels and plans, and
// therefore must not be stored encrypted. If it is, text returns an empty string, so
// that the value can't appear in a message.
func (r *reader) text(key string) string {
	value := r.sensitive(key)
	if r.source.Secret(qualified(key)) {
		r.report(key, r.command("set", "", "--plaintext", qualified(key), "VALUE"),
			"is stored encrypted, but appears in clear text in names and plans; only admin ranges, tokens and keys may be encrypted")
		return ""
	}
	return value
}

// sensitive reads a setting that may be stored encrypted.
func (r *reader) sensitive(key string) string {
	key = qualified(key)
	r.read = append(r.read, key)
	value, ok := r.source.Get(key)
	if !ok && strings.HasPrefix(key, Namespace+":") {
		r.report(key, "git checkout Pulumi.yaml", "is not set, and its default is missing from Pulumi.yaml")
	}
	return value
}

// inClear is the problem of a secret that is not stored encrypted.
const inClear = "is a secret, but is stored in clear text; revoke it, and set a new one"

// hidden reads a setting that must be stored encrypted if it is set.
func (r *reader) hidden(key string) Secret {
	value := r.sensitive(key)
	if value != "" && value != placeholderKey && !r.source.Secret(qualified(key)) {
		r.report(key, r.hiddenCommand(key), inClear)
		return ""
	}
	return Secret(value)
}

func (r *reader) hiddenList(key string) []string {
	values := r.parseList(key, r.sensitive(key), func(i int) string { return r.hiddenCommand(indexed(key, i)) })
	genuine := slices.ContainsFunc(values, func(value string) bool { return value != placeholderToken })
	if genuine && !r.source.Secret(qualified(key)) {
		r.report(key, r.hiddenCommand(indexed(key, 0)), inClear)
		return nil
	}
	return values
}

// hiddenCommand sets a secret. It has no value, so that pulumi prompts for it and it
// stays out of the shell's history.
func (r *reader) hiddenCommand(key string) string {
	return r.command("set", "", "--secret", "--path", qualified(key))
}

func (r *reader) boolean(key string) bool {
	text := r.text(key)
	if text != "true" && text != "false" { // the only spellings that the CLI accepts
		r.report(key, r.setting(key, "true"), "%q is neither true nor false", text)
	}
	return text == "true"
}

func (r *reader) integer(key, example string) int {
	text := r.text(key)
	value, err := strconv.Atoi(text)
	if err != nil {
		r.report(key, r.setting(key, example), "%q is not a whole number", text)
	}
	return value
}

func (r *reader) list(key, example string) []string {
	return r.parseList(key, r.text(key), func(i int) string { return r.element(key, i, example) })
}

func (r *reader) sensitiveList(key, example string) []string {
	return r.parseList(key, r.sensitive(key), func(i int) string { return r.element(key, i, example) })
}

// parseList reads a list of strings. An element of another type is reported, and
// becomes an empty string, so that the others keep their indices.
func (r *reader) parseList(key, text string, remedy func(index int) string) (values []string) {
	var elements []any
	if err := json.Unmarshal([]byte(text), &elements); err != nil {
		wrong := "is not a list of strings"
		if text == "" {
			wrong = "is empty, and not a list; add an element, or remove the key from the file"
		}
		set := remedy(0)
		if strings.HasPrefix(text, "{") { // the CLI can't set a list element in a map
			set = r.command("rm", "", qualified(key)) + " && " + set
		}
		r.report(key, set, "%s", wrong)
		return nil
	}
	for i, element := range elements {
		value, isText := element.(string)
		if !isText {
			r.report(indexed(key, i), remedy(i), "is not a string; quote it in the file if it looks like a number, true or false")
		}
		values = append(values, value)
	}
	return values
}

// show quotes a value for a message, unless it is stored encrypted.
func (r *reader) show(key, value string) string {
	if r.source.Secret(qualified(key)) {
		return "the encrypted range"
	}
	return strconv.Quote(value)
}

// oneOf reads a setting that has one of a few values.
func (r *reader) oneOf(key string, allowed ...string) string {
	value := r.text(key)
	switch {
	case slices.Contains(allowed, value):
	case value == "false" && slices.Contains(allowed, Off):
		r.report(key, r.setting(key, Off), "is false, which is not one of %s; if you meant off, quote it, because YAML reads a bare off as false", strings.Join(allowed, ", "))
	default:
		r.report(key, r.setting(key, allowed[0]), "%q is not one of %s", value, strings.Join(allowed, ", "))
	}
	return value
}

// refused says, by namespace, why a key that nothing has read is refused.
var refused = map[string]string{
	Namespace: "is not a setting of this program; Pulumi.yaml lists all settings",
	"gcp":     "would be ignored: gcp:project and gcp:region are the only provider settings that the program uses",
}

// refuseUnknown reports keys that nothing has read: otherwise a misspelt setting would
// silently leave its default in force.
func (r *reader) refuseUnknown() {
	keys := slices.Clone(r.source.Keys())
	slices.Sort(keys)
	for _, key := range keys {
		namespace, _, _ := strings.Cut(key, ":")
		why, ours := refused[namespace]
		if !ours || slices.Contains(r.read, key) {
			continue
		}
		if near := nearest(key, r.read); near != "" {
			why += "; did you mean " + near + "?"
		}
		r.report(key, r.command("rm", "", key), "%s", why)
	}
}

// nearest is the known key that a misspelt one most likely stands for, or "".
func nearest(key string, known []string) string {
	best, distance := "", 4
	for _, candidate := range known {
		if d := levenshtein.ComputeDistance(strings.ToLower(key), strings.ToLower(candidate)); d < distance {
			best, distance = candidate, d
		}
	}
	return best
}

// indexed is the key of one element of a list.
func indexed(key string, index int) string { return fmt.Sprintf("%s[%d]", key, index) }
