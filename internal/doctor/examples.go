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

// checkExamples looks for example values that were left in the settings of a real environment.
func checkExamples(_ context.Context, x *examination) Report {
	if x.rehearsed() {
		return Report{Skipped: "the environment is only ever rehearsed, so example values are allowed"}
	}
	var findings []Finding
	var unread []string
	for _, key := range slices.Sorted(maps.Keys(x.values)) {
		inFile := leaves(key, x.file.Settings[key])
		for i, v := range leaves(key, x.values[key]) {
			text, _ := v.value.(string)
			if stackfile.Encrypted(v.value) {
				unread = append(unread, v.key)
				continue
			}
			example, is := environment.FindExample(text)
			if !is || x.reported(v.key) {
				continue
			}
			if stackfile.Encrypted(inFile[i].value) {
				text = ""
			}
			if stackfile.Encrypted(x.file.Settings[key]) {
				example.Instead = "" // the remedy must not put an encrypted value in clear
			}
			findings = append(findings, exampleFinding(v.key, text, example, example.Command(x.Environment, v.key)))
		}
	}
	if len(findings) > 0 {
		return found(findings...)
	}
	seen := "no setting has an example value"
	if len(unread) > 0 {
		seen += "; not checked, because the passphrase is not set: " + strings.Join(unread, ", ")
	}
	return Report{Seen: seen}
}

// exampleFinding describes an example value; text is empty if the value must not be shown.
func exampleFinding(key, text string, example environment.Example, remedy string) Finding {
	what := fmt.Sprintf("%s is %q, and %s %s", key, text, example.Part, example.Kind)
	if text == "" {
		what = fmt.Sprintf("%s is encrypted, and something in it %s", key, example.Kind)
	}
	return Finding{What: what, Why: "it is an example value that was never replaced: what it names does not exist, or belongs to somebody else", Remedy: remedy, Blocks: true}
}

// rehearsed reports whether the environment is only ever rehearsed.
func (x *examination) rehearsed() bool {
	return fmt.Sprint(x.file.Settings[environment.Namespace+":rehearsal"]) == "true"
}

// reported reports whether the program itself rejects a setting, so that the check of the
// settings has a finding about it already.
func (x *examination) reported(key string) bool {
	var problems environment.Problems
	if !errors.As(x.problems, &problems) {
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
