package environment_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"bastide/environment"
	"bastide/environment/environmenttest"
)

// shells are the paths of sh, and of bash and zsh if they are installed.
func shells(t *testing.T) (paths []string) {
	t.Helper()
	for _, name := range []string{"sh", "bash", "zsh"} {
		path, err := exec.LookPath(name)
		if name == "sh" {
			require.NoError(t, err)
		}
		if err == nil {
			paths = append(paths, path)
		}
	}
	return paths
}

// typed returns the arguments that programs receive when a shell runs the commands.
func typed(t require.TestingT, shell string, commands []string) (received [][]string) {
	script := "set -e\nreceive() { printf '%s\\0' \"$@\"; printf '\\0\\0'; }\npulumi() { receive pulumi \"$@\"; }\nmake() { receive make \"$@\"; }\n"
	out, err := exec.Command(shell, "-c", script+strings.Join(commands, "\n")).CombinedOutput()
	require.NoError(t, err, "%s: %s", shell, out)
	for _, words := range strings.Split(strings.TrimSuffix(string(out), "\x00\x00\x00"), "\x00\x00\x00") {
		received = append(received, strings.Split(words, "\x00"))
	}
	return received
}

func TestCommandQuotesWordsForEveryShell(t *testing.T) {
	word := rapid.OneOf(
		rapid.StringMatching("[ -~]{1,12}"), // all printable characters
		rapid.StringMatching(`[=~!$*?\[\]{}'"\x60\\#&;|<>() a]{1,8}`),
		rapid.SampledFrom([]string{"=ls", "~root", "!!", "a\nb", "$HOME", "'", "bastide:zones[0]", "münchen", "*", "-n", "%1", "a=b"}),
	)
	for _, shell := range shells(t) {
		rapid.Check(t, func(t *rapid.T) {
			var wanted [][]string
			var commands []string
			for range 20 {
				words := append([]string{"receive"}, rapid.SliceOfN(word, 1, 5).Draw(t, "words")...)
				commands = append(commands, environment.Command(words...))
				wanted = append(wanted, words[1:])
			}
			require.Equal(t, wanted, typed(t, shell, commands), shell)
		})
	}
}

func TestRemediesAreQuotedForEveryShell(t *testing.T) {
	const stack, key = "it's $HOME * `x` !!", "bastide:a b[*]"
	settings := environmenttest.Small(t).Set(key, "x").
		Set("bastide:ciNamespaces", several("a size=huge")).Set("bastide:zones", several("europe-west1-b", "europe-west1-b")).
		Set("bastide:openbaoImage", "openbao").Set("bastide:generalMaxNodes", "many").Set("bastide:adminCidrs", several("office"))
	settings.Environment = stack
	settings.Secrets = []string{"bastide:adminCidrs"}

	var remedies []string
	for _, problem := range problems(t, settings) {
		if problem.Key != "stack name" {
			remedies = append(remedies, problem.Remedy)
		}
	}
	for _, shell := range shells(t) {
		assert.ElementsMatch(t, [][]string{
			{"pulumi", "config", "rm", "--stack", stack, key},
			{"pulumi", "config", "set", "--stack", stack, "--path", "bastide:ciNamespaces[0]", "ci-jobs size=medium"},
			{"pulumi", "config", "rm", "--stack", stack, "--path", "bastide:zones[1]"},
			{"make", "images", "ENV=" + stack},
			{"pulumi", "config", "set", "--stack", stack, "bastide:generalMaxNodes", "3"},
			{"pulumi", "config", "set", "--stack", stack, "--secret", "--path", "bastide:adminCidrs[0]", "YOUR.PUBLIC.IP.ADDRESS/32"},
		}, typed(t, shell, remedies), shell)
	}
}
