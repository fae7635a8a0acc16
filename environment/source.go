package environment

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Source is where settings come from: the Pulumi engine when a program runs,
// files when no engine is at hand. Keys carry their namespace ("bastide:zones").
type Source interface {
	// Stack is the name of the environment.
	Stack() string
	// Get gives a value as Pulumi passes it: plain text, or JSON for a list.
	Get(key string) (value string, ok bool)
	// Secret tells whether the value, or a part of it, is stored encrypted.
	Secret(key string) bool
	// Keys lists all keys that are set.
	Keys() []string
}

// reader turns text into typed values and collects what is wrong with it. A
// value that can't be read becomes the zero value, and its key is reported.
type reader struct {
	source   Source
	read     []string
	problems []Problem
}

// qualified puts the project's namespace before a key that has none.
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

// removal is the command that takes one element out of a list.
func (r *reader) removal(key string, index int) string {
	return r.command("rm", "", "--path", qualified(indexed(key, index)))
}

// command is a remedy. It names the stack, because another one may be selected, and
// what is stored encrypted stays so.
func (r *reader) command(verb, key string, rest ...string) string {
	words := []string{"pulumi", "config", verb, "--stack", r.source.Stack()}
	if key != "" && r.source.Secret(qualified(key)) {
		words = append(words, "--secret")
	}
	return Command(append(words, rest...)...)
}

// report adds a problem, once for each key: what follows from a value that is
// already known to be wrong would only be noise.
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

// text reads a setting that appears in clear in names, labels and plans, and
// therefore may not be stored encrypted. One that is comes back empty: what
// nobody holds can't end up in a message.
func (r *reader) text(key string) string {
	value := r.sensitive(key)
	if r.source.Secret(qualified(key)) {
		r.report(key, r.command("set", "", "--plaintext", qualified(key), "VALUE"),
			"is stored encrypted, but ends up in clear in names and plans; only admin ranges, tokens and keys may be encrypted")
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
		r.report(key, "git checkout Pulumi.yaml", "is not set; its default, which Pulumi.yaml declares, has gone")
	}
	return value
}

// hidden reads a setting that has to be stored encrypted, if it is there at all.
func (r *reader) hidden(key string) Secret {
	value := r.sensitive(key)
	if value != "" && value != standInKey && !r.source.Secret(qualified(key)) {
		r.report(key, r.hiddenCommand(key), "is a secret, and stands in the file in clear; have a new one made, this one is known")
		return ""
	}
	return Secret(value)
}

func (r *reader) hiddenList(key string) []string {
	values := r.parseList(key, r.sensitive(key), func(i int) string { return r.hiddenCommand(indexed(key, i)) })
	genuine := slices.ContainsFunc(values, func(value string) bool { return value != standInToken })
	if genuine && !r.source.Secret(qualified(key)) {
		r.report(key, r.hiddenCommand(indexed(key, 0)), "is a secret, and stands in the file in clear; have a new one made, this one is known")
		return nil
	}
	return values
}

// hiddenCommand sets a secret, which pulumi asks for: no shell remembers it.
func (r *reader) hiddenCommand(key string) string {
	return r.command("set", "", "--secret", "--path", qualified(key))
}

func (r *reader) boolean(key string) bool {
	text := r.text(key)
	if text != "true" && text != "false" { // as the CLI has it, which takes no other word
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

// parseList reads a list of texts. An element that is none is empty in it, and
// reported: the others keep their numbers.
func (r *reader) parseList(key, text string, remedy func(index int) string) (values []string) {
	var elements []any
	if err := json.Unmarshal([]byte(text), &elements); err != nil {
		wrong := "is not a list of texts"
		if text == "" {
			wrong = "is empty, and not a list; give it an element, or take the key out of the file"
		}
		set := remedy(0)
		if strings.HasPrefix(text, "{") { // in the place of a map, the CLI sets no element
			set = r.command("rm", "", qualified(key)) + " && " + set
		}
		r.report(key, set, "%s", wrong)
		return nil
	}
	for i, element := range elements {
		value, isText := element.(string)
		if !isText {
			r.report(indexed(key, i), remedy(i), "is not a text; quote it in the file if it looks like a number, true or false")
		}
		values = append(values, value)
	}
	return values
}

// show quotes a value for a message, unless it is stored encrypted.
func (r *reader) show(key, value string) string {
	if r.source.Secret(qualified(key)) {
		return "the address given here"
	}
	return strconv.Quote(value)
}

// oneOf reads a text that has to be one of a few.
func (r *reader) oneOf(key string, allowed ...string) string {
	value := r.text(key)
	switch {
	case slices.Contains(allowed, value):
	case value == "false" && slices.Contains(allowed, Off):
		r.report(key, r.setting(key, Off), "is false, and not one of %s; if off was meant, it has to stand in quotes, or YAML reads it as false", strings.Join(allowed, ", "))
	default:
		r.report(key, r.setting(key, allowed[0]), "%q is not one of %s", value, strings.Join(allowed, ", "))
	}
	return value
}

// refused says why a key is refused that nothing has read, by its namespace.
var refused = map[string]string{
	Namespace: "is not a setting of this program; Pulumi.yaml lists them all",
	"gcp":     "would be ignored: of the provider's settings the program takes gcp:project and gcp:region, and no others",
}

// refuseUnknown reports keys that nothing has read: a misspelt setting would
// otherwise leave its default in force, silently.
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

// nearest is the setting a misspelt key most likely meant, if any is close.
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
