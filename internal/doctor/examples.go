package doctor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"bastide/environment"
	"bastide/environment/stackfile"
)

// lookAtExamples asks whether anything of an example is left in what is to be real.
func lookAtExamples(_ context.Context, p *patient) Report {
	if p.rehearsed() {
		return Report{Skipped: "the environment is only ever rehearsed, and may have examples"}
	}
	var findings []Finding
	var unread []string
	for _, key := range slices.Sorted(maps.Keys(p.values)) {
		inFile := leaves(key, p.file.Settings[key])
		for i, v := range leaves(key, p.values[key]) {
			text, _ := v.value.(string)
			if stackfile.Encrypted(v.value) {
				unread = append(unread, v.key)
				continue
			}
			example, is := environment.FindExample(text)
			if !is || p.reported(v.key) {
				continue
			}
			if stackfile.Encrypted(inFile[i].value) {
				text = ""
			}
			if stackfile.Encrypted(p.file.Settings[key]) {
				example.Instead = "" // what is encrypted stays so
			}
			findings = append(findings, told(v.key, text, example, example.Command(p.Environment, v.key)))
		}
	}
	if len(findings) > 0 {
		return found(findings...)
	}
	seen := "no setting has the value of an example"
	if len(unread) > 0 {
		seen += "; not looked at, because the passphrase is not at hand: " + strings.Join(unread, ", ")
	}
	return Report{Seen: seen}
}

// told tells of an example; the text is empty if it may not be shown.
func told(key, text string, example environment.Example, remedy string) Finding {
	what := fmt.Sprintf("%s is %q, and %s %s", key, text, example.Part, example.Kind)
	if text == "" {
		what = fmt.Sprintf("%s is encrypted, and something in it %s", key, example.Kind)
	}
	return Finding{What: what, Why: "it was never replaced, and what it names is nobody's, or a stranger's", Remedy: remedy, Blocks: true}
}

// rehearsed tells whether the environment is never brought up.
func (p *patient) rehearsed() bool {
	return fmt.Sprint(p.file.Settings[environment.Namespace+":rehearsal"]) == "true"
}

// reported tells whether the program itself finds fault with a setting, and so the
// first check.
func (p *patient) reported(key string) bool {
	var problems environment.Problems
	if !errors.As(p.problems, &problems) {
		return false
	}
	return slices.ContainsFunc(problems.List, func(problem environment.Problem) bool { return problem.Key == key })
}

// leaf is a setting, or an element of one.
type leaf struct {
	key   string
	value any
}

func leaves(key string, value any) (all []leaf) {
	list, isList := value.([]any)
	if !isList {
		return []leaf{{key, value}}
	}
	for i, element := range list {
		all = append(all, leaf{fmt.Sprintf("%s[%d]", key, i), element})
	}
	return all
}
