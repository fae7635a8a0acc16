package ci_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/environment/environmenttest"
	"bastide/internal/graph"
)

func production(t *testing.T) *graph.Graph {
	t.Helper()
	return graph.Of(t, environmenttest.File(t, environmenttest.Root(t)+"/tests/environments/Pulumi.production.yaml"))
}

// Credentials of GitLab and GitHub are in Secrets, marked as secret, and nowhere else.
func TestCredentialsAreInSecretsOnly(t *testing.T) {
	const token = "glrt-stand-in-not-a-token"
	encoded, found := base64.StdEncoding.EncodeToString([]byte(token)), 0
	for _, r := range production(t).Resources {
		text := fmt.Sprint(resource.NewProperty(r.Inputs))
		if r.Type == "kubernetes:core/v1:Secret" && strings.Contains(text, encoded) {
			assert.True(t, r.Inputs["data"].ContainsSecrets(), r.Name)
			found++
			continue
		}
		assert.NotContains(t, text, token, r.Name)
		assert.NotContains(t, text, encoded, r.Name)
	}
	assert.Equal(t, 1, found)
}

func TestEachSystemIsInstalledForItsNamespaces(t *testing.T) {
	g := production(t)
	var names []string
	for _, r := range g.Of("kubernetes:helm.sh/v3:Release") {
		names = append(names, r.Plain()["name"].(string))
		assert.NotEmpty(t, r.Plain()["version"], r.Name)
	}
	assert.ElementsMatch(t, []string{"gitlab-runner-ci-trusted", "github-ci-jobs", "runners-ci-jobs"}, names)
	// A runner set that outlives its controller could never be deleted.
	assert.Contains(t, strings.Join(g.Find("ci-runners-ci-jobs").Dependencies, " "), "ci-github-ci-jobs")
}

func TestNoResourcesIfCIIsOff(t *testing.T) {
	g := graph.Of(t, environmenttest.Small(t).Set("bastide:ci", "off"))
	for _, r := range g.Resources {
		assert.NotContains(t, r.Name, "ci-", r.Type)
	}
}

func TestEstafetteKeysAreInNoSecret(t *testing.T) {
	g := graph.Of(t, environmenttest.File(t, environmenttest.Root(t)+"/tests/environments/Pulumi.showcase.yaml"))
	passwords := g.Of("random:index/randomPassword:RandomPassword")
	require.Len(t, passwords, 2)
	for _, r := range passwords {
		assert.InDelta(t, 32, r.Plain()["length"], 0)
		assert.Equal(t, false, r.Plain()["special"])
	}
	for _, r := range g.Of("kubernetes:core/v1:Secret") {
		assert.NotContains(t, r.Name, "estafette")
	}
}
