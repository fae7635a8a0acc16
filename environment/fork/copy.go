package fork

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"bastide/environment"
	"bastide/environment/stackfile"
)

// copied is the text of the new environment. Comments stay with what they describe: those
// of a setting are copied with it, those of the salt are dropped with the salt. Anchors
// and aliases are expanded, because one of the two may not be copied.
func (f *Fork) copied(text []byte) ([]byte, error) {
	var document yaml.Node
	// The YAML library breaks comments of several lines apart at carriage returns.
	if err := yaml.Unmarshal(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), &document); err != nil {
		return nil, fmt.Errorf("reading environment %q: %w", f.From, err)
	}
	expandAliases(&document)
	if document.Kind == 0 { // an empty file
		document = yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{{Kind: yaml.MappingNode}}}
	}
	top := document.Content[0]
	for _, key := range []string{"encryptionsalt", "encryptedkey", "secretsprovider", "environment"} {
		if old := remove(top, key); old != nil && key == "secretsprovider" {
			f.Notes = append(f.Notes, fmt.Sprintf("%s: %s of %s was not copied", key, flat(old), f.From))
		}
	}
	settings := value(top, "config")
	if settings == nil || settings.Kind != yaml.MappingNode {
		remove(top, "config")
		settings = &yaml.Node{Kind: yaml.MappingNode}
		top.Content = append(top.Content, scalar("config"), settings)
	}
	f.settings(settings)
	if f.Salt != "" {
		top.Content = append([]*yaml.Node{scalar("encryptionsalt"), scalar(f.Salt)}, top.Content...)
	}
	top.Content[0].HeadComment = strings.TrimSpace(fmt.Sprintf("# %s, begun as a copy of %s.\n%s", f.To, f.From, top.Content[0].HeadComment))

	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(&document); err != nil {
		return nil, fmt.Errorf("writing environment %q: %w", f.To, err)
	}
	return out.Bytes(), encoder.Close()
}

// settings turns the settings of the original into those of the new environment.
func (f *Fork) settings(config *yaml.Node) {
	set(config, projectKey, f.Project, "")
	set(config, networkKey, f.Block.String(), "")
	for i := 0; i < len(config.Content); {
		key, old := stackfile.FullKey(config.Content[i].Value), config.Content[i+1]
		if f.keeps(key, old) {
			i += 2
			continue
		}
		config.Content = append(config.Content[:i], config.Content[i+2:]...)
	}
	if value(config, publicKey) == nil && !slices.Contains(f.Pending, publicKey) {
		f.pend(publicKey, 0, 1) // it was not set in the original either
	}
	set(config, bootstrapKey, "true", "# for the first up; then set it to false")
	if f.Rehearsal {
		set(config, rehearsalKey, "true", "")
	}
}

// keeps removes the parts of a setting that are not to be copied, and reports whether
// anything is left.
func (f *Fork) keeps(key string, old *yaml.Node) bool {
	switch {
	case key == rehearsalKey:
		return false
	case key == protectedKey && f.from[key] == "false":
		f.Notes = append(f.Notes, fmt.Sprintf("%s: the value false of %s was not copied, because it allows everything to be destroyed. If %s may be destroyed too, type `%s`, and write policies/levels/%s.json as docs/policies.md describes",
			key, f.From, f.To, environment.Command("pulumi", "config", "set", "--stack", f.To, key, "false"), f.To))
		return false
	case old.Kind == yaml.MappingNode && value(old, "secure") != nil:
		f.leaveOut(key)
		return false
	case old.Kind != yaml.SequenceNode || len(old.Content) == 0:
		return !f.isExample(key, old)
	}
	return f.keepsAny(key, old)
}

// keepsAny is keeps for a list. Elements that are still to be set follow those kept.
func (f *Fork) keepsAny(key string, list *yaml.Node) bool {
	var kept, examples []*yaml.Node
	secrets := 0
	for _, element := range list.Content {
		example, is := f.example(element)
		switch {
		case value(element, "secure") != nil, f.onlyRehearsed(key, element), is && example.Instead == "":
			secrets++
		case is:
			examples = append(examples, element)
		default:
			kept = append(kept, element)
		}
	}
	if secrets > 0 {
		f.pend(key, len(kept), len(kept)+secrets)
	}
	for i, element := range examples {
		f.replace(key, fmt.Sprintf("%s[%d]", key, len(kept)+secrets+i), element)
	}
	list.Content = kept
	if len(kept)+secrets == 0 {
		f.assume(key)
	}
	return len(kept) > 0
}

// example reports whether a value is an example, which a real environment can't use.
func (f *Fork) example(node *yaml.Node) (environment.Example, bool) {
	if f.Rehearsal || node.Kind != yaml.ScalarNode {
		return environment.Example{}, false
	}
	return environment.FindExample(node.Value)
}

// isExample reports whether a setting as a whole is an example, and records how to set it.
func (f *Fork) isExample(key string, node *yaml.Node) bool {
	example, is := f.example(node)
	switch {
	case !is:
	case example.Instead == "":
		f.leaveOut(key)
	default:
		f.replace(key, key, node)
		f.assume(key)
	}
	return is
}

// leaveOut records how to set a setting that is a secret as a whole.
func (f *Fork) leaveOut(key string) {
	switch placeholder := environment.Placeholders(f.from)[key].(type) {
	case nil:
		f.Notes = append(f.Notes, fmt.Sprintf("%s is a secret and was not copied; if %s needs it, type `%s`", key, f.To,
			environment.Command("pulumi", "config", "set", "--secret", "--stack", f.To, key)))
	case []any:
		f.pend(key, 0, len(placeholder))
	default:
		f.pendWhole(key)
	}
}

// onlyRehearsed reports whether an element is an address reserved for documentation,
// which only rehearsals may use.
func (f *Fork) onlyRehearsed(key string, element *yaml.Node) bool {
	prefix, err := netip.ParsePrefix(element.Value)
	return key == publicKey && err == nil && !f.Rehearsal && environment.IsDocumentation(prefix)
}

// expandAliases replaces aliases and merge keys with what they refer to. It terminates
// because stackfile.Parse, which ran before, refuses recursive aliases.
func expandAliases(node *yaml.Node) {
	if node.Kind == yaml.AliasNode {
		comments := *node
		*node = clone(node.Alias)
		node.HeadComment, node.LineComment, node.FootComment = comments.HeadComment, comments.LineComment, comments.FootComment
	}
	node.Anchor = ""
	for _, part := range node.Content {
		expandAliases(part)
	}
	if node.Kind == yaml.MappingNode {
		merge(node)
	}
}

// merge replaces the merge keys of a mapping, whose aliases are expanded, with the keys
// that they refer to. The mapping's own keys win, then those that are merged first.
func merge(mapping *yaml.Node) {
	var own, merged []*yaml.Node
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		key, held := mapping.Content[i], mapping.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode || key.ShortTag() != "!!merge":
			own = append(own, key, held)
		case held.Kind == yaml.SequenceNode:
			merged = append(merged, held.Content...)
		default:
			merged = append(merged, held)
		}
	}
	mapping.Content = own
	for _, other := range merged {
		for i := 0; i+1 < len(other.Content); i += 2 {
			if !has(mapping, other.Content[i].Value) {
				mapping.Content = append(mapping.Content, other.Content[i], other.Content[i+1])
			}
		}
	}
}

func has(mapping *yaml.Node, key string) bool {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return true
		}
	}
	return false
}

// clone is a deep copy.
func clone(node *yaml.Node) yaml.Node {
	made := *node
	made.Content = nil
	for _, part := range node.Content {
		copied := clone(part)
		made.Content = append(made.Content, &copied)
	}
	return made
}

// value is the value of a mapping's key, or nil.
func value(mapping *yaml.Node, key string) *yaml.Node {
	if mapping.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if stackfile.FullKey(mapping.Content[i].Value) == stackfile.FullKey(key) {
			return mapping.Content[i+1]
		}
	}
	return nil
}

// set sets a key. It keeps the comments above the key, and replaces the one after it.
func set(mapping *yaml.Node, key, text, comment string) {
	old := value(mapping, key)
	if old == nil {
		old = &yaml.Node{}
		mapping.Content = append(mapping.Content, scalar(key), old)
	}
	*old = yaml.Node{Kind: yaml.ScalarNode, Value: text, LineComment: comment}
}

// remove removes a key and its comments from a mapping, and returns its value.
func remove(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			old := mapping.Content[i+1]
			mapping.Content = append(mapping.Content[:i], mapping.Content[i+2:]...)
			return old
		}
	}
	return nil
}

func scalar(text string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: text} }

// flat is a value on one line.
func flat(node *yaml.Node) string {
	text, err := yaml.Marshal(node)
	if err != nil {
		return err.Error()
	}
	return strings.Join(strings.Fields(string(text)), " ")
}
