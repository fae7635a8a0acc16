package rules_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/environment"
	"bastide/environment/environmenttest"
	"bastide/policies/controls"
	"bastide/policies/rule"
	"bastide/policies/rules"
)

func all(t *testing.T) ([]rule.Rule, *environment.Environment) {
	t.Helper()
	e := environmenttest.Small(t).Load(t)
	list, err := rules.For(e)
	require.NoError(t, err)
	return list, e
}

func TestEveryRuleIsComplete(t *testing.T) {
	list, e := all(t)
	known := map[string]bool{}
	for _, control := range controls.All() {
		known[control.ID] = true
	}
	names := map[string]bool{}
	for _, r := range list {
		assert.Regexp(t, `^[a-z]+(-[a-z]+)*$`, r.Name)
		assert.False(t, names[r.Name], "%s is there twice", r.Name)
		names[r.Name] = true
		assert.NotEmpty(t, r.Promise, r.Name)
		assert.NotEmpty(t, r.Controls, r.Name)
		for _, id := range r.Controls {
			assert.True(t, known[id], "%s names the control %q, which is not in the table", r.Name, id)
		}
		assert.Equal(t, r.Evaluate != nil, r.Of != nil || len(r.Types) > 0, "%s has Evaluate without types, or types without Evaluate", r.Name)
		assert.True(t, r.Evaluate != nil || r.EvaluateStack != nil, "%s evaluates nothing", r.Name)

		want := controls.Mandatory
		if slices.Contains(e.WarnOnly, r.Name) {
			want = controls.Advisory
		}
		assert.Equal(t, want, r.Level, "%s: the level is explicit, and advisory only if the cluster's rule warns", r.Name)
	}
}

func TestEveryControlThatTheProgramMeetsHasARule(t *testing.T) {
	list, _ := all(t)
	for _, control := range controls.All() {
		if control.By == controls.Program || control.By == controls.Cluster {
			assert.True(t, slices.ContainsFunc(list, func(r rule.Rule) bool { return slices.Contains(r.Controls, control.ID) }), "no rule serves %s", control.ID)
		}
	}
}

func TestPoliciesOfAdmissionRulesThatWarnAreAdvisory(t *testing.T) {
	e := environmenttest.Small(t).Set("bastide:warnOnly", []any{"seccomp"}).Load(t)
	list, err := rules.For(e)
	require.NoError(t, err)
	for _, r := range list {
		assert.Equal(t, r.Name == "seccomp", r.Level == controls.Advisory, r.Name)
	}
}

// A rule for a type that no SDK has would never be evaluated.
func TestTypesExistInTheSDKs(t *testing.T) {
	list, _ := all(t)
	folders := map[string]string{}
	for name, module := range map[string]string{
		"gcp": "github.com/pulumi/pulumi-gcp/sdk/v7", "kubernetes": "github.com/pulumi/pulumi-kubernetes/sdk/v4", "tls": "github.com/pulumi/pulumi-tls/sdk/v5",
	} {
		out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
		require.NoError(t, err)
		folders[name] = strings.TrimSpace(string(out))
	}
	checked := map[string]bool{}
	for _, r := range list {
		for _, kind := range r.Types {
			if !checked[kind] {
				checked[kind] = true
				assert.True(t, registered(t, folders, kind), "%s checks %s, which no SDK has", r.Name, kind)
			}
		}
	}
	assert.Greater(t, len(checked), 30)
	assert.False(t, registered(t, folders, "gcp:compute/disk:Dsik"))
}

// registered looks for a type in the SDK's own source: in the folder that the
// type's module names.
func registered(t *testing.T, folders map[string]string, kind string) bool {
	t.Helper()
	parts := strings.Split(kind, ":")
	module, _, _ := strings.Cut(parts[1], "/")
	switch {
	case parts[0] == "kubernetes":
		group, version, _ := strings.Cut(parts[1], "/")
		module = filepath.Join(strings.Split(strings.TrimSuffix(group, ".k8s.io"), ".")[0], version)
	case module == "index":
		module = ""
	}
	paths, err := filepath.Glob(filepath.Join(folders[parts[0]], "go", parts[0], module, "*.go"))
	require.NoError(t, err)
	for _, path := range paths {
		if !strings.EqualFold(strings.TrimSuffix(filepath.Base(path), ".go"), parts[2]) {
			continue
		}
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		return strings.Contains(string(text), `"`+kind+`"`)
	}
	return false
}
