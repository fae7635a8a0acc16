// Package reports_test tests the project with mistakes and files that users reported.
package reports_test

import (
	"errors"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"bastide/environment"
	"bastide/environment/environmenttest"
)

type report struct {
	Source   string
	Given    map[string]any
	Expected struct {
		Accepted         bool
		Key, Wrong, Type string
	}
}

func TestReportedSettingsAreAcceptedOrGetARemedy(t *testing.T) {
	text, err := os.ReadFile("settings.yaml")
	require.NoError(t, err)
	var reports []report
	require.NoError(t, yaml.UnmarshalStrict(text, &reports))
	require.NotEmpty(t, reports)
	for _, report := range reports {
		given, err := yaml.Marshal(report.Given)
		require.NoError(t, err)
		t.Run(strings.TrimSpace(string(given)), func(t *testing.T) {
			require.NotEmpty(t, report.Source)
			report.hold(t)
		})
	}
}

func (r report) hold(t *testing.T) {
	t.Helper()
	settings := environmenttest.Small(t)
	for key, value := range r.Given {
		settings.Set(whole(key), value)
	}
	if r.Expected.Accepted {
		settings.Load(t)
		return
	}
	_, err := environment.Load(settings)
	var problems environment.Problems
	require.ErrorAs(t, err, &problems)
	require.Len(t, problems.List, 1, "one mistake, one problem: %v", err)
	require.NotEmpty(t, r.Expected.Wrong)
	assert.Equal(t, whole(r.Expected.Key), problems.List[0].Key)
	assert.Contains(t, problems.List[0].Wrong, r.Expected.Wrong)
	if r.Expected.Type != "" {
		assert.Equal(t, r.Expected.Type, problems.List[0].Remedy)
	}
	if !strings.Contains(problems.List[0].Remedy, "YOUR") {
		key := problems.List[0].Key
		typeIn(t, settings, problems.List[0].Remedy)
		_, err := environment.Load(settings)
		if errors.As(err, &problems) {
			for _, left := range problems.List {
				assert.NotEqual(t, key, left.Key, "the remedy is wrong, too: %s", left.Wrong)
			}
		}
	}
}

// typeIn changes the settings as the commands would change the stack file.
func typeIn(t *testing.T, settings *environmenttest.Settings, commands string) {
	t.Helper()
	const script = `pulumi() { printf '%s\n' "$*"; }; `
	out, err := exec.Command("sh", "-c", script+commands).Output()
	require.NoError(t, err)
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		words := command.FindStringSubmatch(line)
		require.NotNil(t, words, "not understood: %s", line)
		verb, key, index, value := words[1], words[2], words[3], words[4]
		list, _ := settings.Values[key].([]any)
		switch {
		case verb == "rm":
			settings.Values[key] = []any{}
		case index == "":
			settings.Set(key, value)
		default:
			i, err := strconv.Atoi(index)
			require.NoError(t, err)
			require.LessOrEqual(t, i, len(list))
			settings.Set(key, append(append(slices.Clone(list[:i]), value), list[min(i+1, len(list)):]...))
		}
	}
}

var command = regexp.MustCompile(`^config (set|rm) --stack dev (?:--path )?([a-z]+:[A-Za-z]+)(?:\[(\d+)\])?(?: (.*))?$`)

// whole adds the namespace to a key that has none.
func whole(key string) string {
	if strings.Contains(key, ":") {
		return key
	}
	return environment.Namespace + ":" + key
}
