package environment

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// legal is the strictest form that Google Cloud requires for any of these kinds: lower
// case letters, digits and hyphens, starting with a letter, not ending with a hyphen.
var legal = regexp.MustCompile(`^[a-z][a-z0-9-]*[a-z0-9]$`)

func TestNamesOfAcceptedEnvironmentsAreLegalAndDistinct(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stack := rapid.StringMatching(`[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,4})?`).
			Filter(func(s string) bool { return len(s) <= 11 }).Draw(t, "stack")
		r := &reader{source: stackOnly(stack)}
		names := readNames(r)
		assert.Empty(t, r.problems)

		seen := map[string]Name{}
		for _, name := range allNames {
			text := names.Of(name)
			assert.Regexp(t, legal, text)
			assert.LessOrEqual(t, len(text)+name.kind.reserved, name.kind.longest, "%s %q", name.kind.name, text)
			assert.GreaterOrEqual(t, len(text), 6, "service accounts need six characters")
			if other, taken := seen[name.kind.name+text]; taken {
				t.Fatalf("%v and %v are both called %q", name, other, text)
			}
			seen[name.kind.name+text] = name
		}
		assert.Equal(t, names, readNames(r), "stable")
	})
}

func TestNamesOfDifferentEnvironmentsDiffer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-z]{1,3}(-[a-z]{1,3})?`)
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		if a == b {
			return
		}
		first, second := Names{Prefix: Namespace + "-" + a}, Names{Prefix: Namespace + "-" + b}
		for _, name := range allNames {
			assert.NotEqual(t, first.Of(name), second.Of(name))
		}
	})
}

// Components check their prefix with Wrong, which refuses what Load refuses in a stack's
// name.
func TestWrongRefusesPrefixesThatDoNotFit(t *testing.T) {
	_, room := tightest()
	for prefix, wrong := range map[string]string{
		"": "can't begin names", "Acme": "can't begin names", "a--b": "can't begin names", "ab": "too short", "abc": "",
		strings.Repeat("a", room): "", strings.Repeat("a", room+1): "leaves room for " + strconv.Itoa(room),
	} {
		if wrong == "" {
			assert.Empty(t, Names{Prefix: prefix}.Wrong(), prefix)
			continue
		}
		assert.Contains(t, Names{Prefix: prefix}.Wrong(), wrong, prefix)
	}
}

type stackOnly string

func (s stackOnly) Stack() string             { return string(s) }
func (s stackOnly) Get(string) (string, bool) { return "", false }
func (s stackOnly) Secret(string) bool        { return false }
func (s stackOnly) Keys() []string            { return nil }
