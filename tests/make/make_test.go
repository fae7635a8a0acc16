// Package make_test tests the Makefile.
package make_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/environment/environmenttest"
)

// noOuterMake unsets what `make test`, which runs these tests, passes to other makes.
var noOuterMake = []string{"MAKEFLAGS=", "MFLAGS=", "MAKELEVEL="}

// calls are the commands of the helper that make would run.
func calls(t *testing.T, env string, args ...string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "make", append([]string{"--dry-run"}, args...)...)
	cmd.Dir = environmenttest.Root(t)
	cmd.Env = append(append(cmd.Environ(), noOuterMake...), env, "DESTROY=")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	var found []string
	for line := range strings.Lines(strings.ReplaceAll(string(out), "\\\n", " ")) {
		if call, ok := strings.CutPrefix(strings.TrimSpace(line), "build/bin/bastide "); ok {
			found = append(found, strings.TrimSpace(call))
		}
	}
	return found
}

func TestENVIsReadFromTheCommandLineOnly(t *testing.T) {
	assert.Equal(t, []string{"up --env 'staging'"}, calls(t, "X=", "up", "ENV=staging"))
	assert.Equal(t, []string{"up --env ''"}, calls(t, "ENV=production", "up"))
	assert.Equal(t, []string{"rehearse --env 'dev'"}, calls(t, "ENV=production", "rehearse"))
	for target, command := range map[string]string{"cost": "cost", "live": "verify", "drift": "drift"} {
		assert.Equal(t, []string{command + " --env ''"}, calls(t, "ENV=production", target), "an environment was chosen by accident")
	}
	assert.Equal(t, []string{"up --env 'staging'"}, calls(t, "ENV=production", "up", "ENV=staging"))
}

func TestENVIsPassedAsOneArgument(t *testing.T) {
	for target, command := range map[string]string{"up": "up", "rehearse": "rehearse", "cost": "cost", "live": "verify", "drift": "drift"} {
		for _, name := range []string{"a b", "a'b", "a; echo x", "$$(echo x)", "$(shell echo x)", "`echo x`"} {
			found := calls(t, "X=", target, "ENV="+name)
			require.Len(t, found, 1, name)
			words, err := exec.CommandContext(t.Context(), "sh", "-c", "printf '%s\n' "+found[0]).Output()
			require.NoError(t, err)
			assert.Equal(t, command+"\n--env\n"+name+"\n", string(words))
		}
	}
}

func TestGoStampsNoCommitAndKeepsTheUsersFlags(t *testing.T) {
	settings := filepath.Join(t.TempDir(), "env")
	require.NoError(t, os.WriteFile(settings, []byte("GOFLAGS=-tags=written\n"), 0o600))
	const ours = "-buildvcs=false '-toolexec=env GOGC=off GOMEMLIMIT=3GiB'"
	for variable, want := range map[string]string{
		"GOENV=" + settings:   "-tags=written " + ours,
		"GOFLAGS=-tags=typed": "-tags=typed " + ours,
		"X=":                  ours,
	} {
		cmd := exec.CommandContext(t.Context(), "make", "-s", "--eval=show: ; @echo $$GOFLAGS", "show")
		cmd.Dir = environmenttest.Root(t)
		cmd.Env = slices.DeleteFunc(cmd.Environ(), func(set string) bool { return strings.HasPrefix(set, "GOFLAGS=") })
		cmd.Env = append(append(cmd.Env, noOuterMake...), "GOENV=off", variable)
		out, err := cmd.Output()
		require.NoError(t, err)
		assert.Equal(t, want, strings.TrimSpace(string(out)), variable)
	}
}

// A variable that is empty in CI must not turn a comparison into a plan from nothing.
func TestEmptyAGAINSTIsPassedToTheHelper(t *testing.T) {
	assert.Equal(t, []string{"plan --against '' -- 'dev'"}, calls(t, "X=", "plan", "ENV=dev", "AGAINST="))
	assert.Equal(t, []string{"plan  -- 'dev'"}, calls(t, "AGAINST=main", "plan", "ENV=dev"))
}

func TestEachVariableIsPassedAsOneArgument(t *testing.T) {
	for _, word := range []string{"a b", "a'b", "a; echo x", "$$(echo x)", "$(shell echo x)", "`echo x`", "--help"} {
		for want, args := range map[string][]string{
			"plan\n--\n" + word:                                       {"plan", "ENV=" + word},
			"plan\n--against\n" + word + "\n--\ndev":                  {"plan", "ENV=dev", "AGAINST=" + word},
			"doctor\n--\n" + word:                                     {"doctor", "ENV=" + word},
			"doctor\n--address\n" + word + "\n--\nx":                  {"doctor", "ENV=x", "ADDRESS=" + word},
			"fork\n--from\ndev\n--project\n" + word + "\n--\nstaging": {"fork", "ENV=staging", "PROJECT=" + word},
			"fork\n--from\n" + word + "\n--project\np\n--network-cidr\n" + word + "\n--\n" + word: {"fork", "ENV=" + word, "PROJECT=p", "FROM=" + word, "CIDR=" + word},
		} {
			found := calls(t, "X=", args...)
			require.Len(t, found, 1, word)
			words, err := exec.CommandContext(t.Context(), "sh", "-c", "printf '%s\n' "+found[0]).Output()
			require.NoError(t, err)
			assert.Equal(t, want+"\n", string(words))
		}
	}
}

func TestENVIsNotExportedToRecipes(t *testing.T) {
	for _, args := range [][]string{{}, {"ENV=/tmp/start-up"}} {
		cmd := exec.CommandContext(t.Context(), "make", append([]string{"-s", "--eval=show: ; @env", "show"}, args...)...)
		cmd.Dir = environmenttest.Root(t)
		cmd.Env = append(cmd.Environ(), "ENV=/tmp/start-up")
		out, err := cmd.Output()
		require.NoError(t, err)
		require.Contains(t, string(out), "PATH=")
		assert.NotContains(t, "\n"+string(out), "\nENV=")
	}
}

func TestDESTROYIsReadAsABoolean(t *testing.T) {
	for value, destroys := range map[string]bool{"": false, "0": false, "no": false, "false": false, "1": true, "yes": true} {
		found := calls(t, "X=", "rehearse", "DESTROY="+value)
		require.Len(t, found, 1)
		assert.Equal(t, destroys, strings.HasSuffix(found[0], "--destroy"), value)
	}
}
