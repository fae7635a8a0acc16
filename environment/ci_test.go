package environment_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/environment"
	"bastide/environment/environmenttest"
)

func several(values ...any) []any { return values }

// token has the form of GitLab's authentication tokens.
const token = "glrt-abcdefghijklmnopqrst"

func TestLoadRefusesInvalidCISettings(t *testing.T) {
	for name, c := range map[string]struct {
		changes map[string]any
		secret  bool // whether the tokens and the key are stored encrypted
		key     string
		wrong   string
	}{
		"unknown mode":              {map[string]any{"ci": "rootless"}, false, "bastide:ci", "not one of sandbox, privileged, off"},
		"systems while off":         {map[string]any{"ci": "off", "ciSystems": several("gitlab")}, false, "bastide:ci", "ciSystems names gitlab"},
		"a misspelt system":         {map[string]any{"ciSystems": several("gitlap")}, false, "bastide:ciSystems[0]", "not one of"},
		"a system twice":            {map[string]any{"ciSystems": several("gitlab", "gitlab")}, false, "bastide:ciSystems[1]", "already"},
		"Estafette in a sandbox":    {map[string]any{"ciSystems": several("estafette"), "estafetteUrl": "https://ci.example.com"}, false, "bastide:ci", "needs privileged"},
		"Estafette without address": {map[string]any{"ci": "privileged", "ciSystems": several("estafette")}, false, "bastide:estafetteUrl", "not an address"},
		"Estafette installed":       {map[string]any{"ci": "privileged", "ciSystems": several("estafette"), "estafetteUrl": "https://ci.example.com", "ciInstall": true}, false, "bastide:ciInstall", "docs/ci.md"},
		"no namespace":              {map[string]any{"ciNamespaces": several()}, false, "bastide:ciNamespaces", "no place to run"},
		"a namespace's size":        {map[string]any{"ciNamespaces": several("ci-jobs size=huge")}, false, "bastide:ciNamespaces[0]", "not one of small"},
		"a namespace's field":       {map[string]any{"ciNamespaces": several("ci-jobs owner=me")}, false, "bastide:ciNamespaces[0]", "not one of size="},
		"the runners' namespace":    {map[string]any{"ciNamespaces": several("ci-system")}, false, "bastide:ciNamespaces[0]", "taken"},
		"a team's namespace":        {map[string]any{"namespaces": several("ci-jobs owner=me")}, false, "bastide:ciNamespaces[0]", "need namespaces of their own"},
		"a namespace twice":         {map[string]any{"ciNamespaces": several("a", "a")}, false, "bastide:ciNamespaces[1]", "already"},
		"an image pattern":          {map[string]any{"ciImages": several("*")}, false, "bastide:ciImages[0]", "not an image pattern"},
		"GitHub without address":    {map[string]any{"ciSystems": several("github")}, false, "bastide:githubConfigUrl", "not the address"},
		"GitLab over HTTP":          {map[string]any{"ciSystems": several("gitlab"), "gitlabUrl": "http://gitlab.example.com"}, false, "bastide:gitlabUrl", "https://HOST"},
		"nothing to install":        {map[string]any{"ciInstall": true}, false, "bastide:ciInstall", "nothing to install"},
		"no token":                  {map[string]any{"ciSystems": several("gitlab"), "ciInstall": true}, false, "bastide:gitlabTokens", "0 of 1"},
		"one token for two":         {map[string]any{"ciSystems": several("gitlab"), "ciInstall": true, "ciNamespaces": several("a", "b"), "gitlabTokens": several(token)}, true, "bastide:gitlabTokens", "1 of 2"},
		"a token in clear":          {map[string]any{"gitlabTokens": several(token)}, false, "bastide:gitlabTokens", "in clear"},
		"a registration token":      {map[string]any{"gitlabTokens": several("GR1348941abcdefghijklmnopqrst")}, true, "bastide:gitlabTokens[0]", "anyone who has it can register runners"},
		"another kind of token":     {map[string]any{"gitlabTokens": several("glpat-abcdefghijklmnopqrst")}, true, "bastide:gitlabTokens[0]", "begins with glrt-"},
		"a key in clear":            {map[string]any{"githubAppKey": "-----BEGIN RSA PRIVATE KEY-----\nabc"}, false, "bastide:githubAppKey", "in clear"},
		"an access token for a key": {map[string]any{"ciSystems": several("github"), "ciInstall": true, "githubConfigUrl": "https://github.com/example", "githubAppId": "1", "githubInstallationId": "2", "githubAppKey": "ghp_abc"}, true, "bastide:githubAppKey", "personal access tokens are not accepted"},
		"an empty token":            {map[string]any{"ciSystems": several("gitlab"), "ciInstall": true, "gitlabTokens": several("")}, true, "bastide:gitlabTokens[0]", "is empty"},
		"namespace without system":  {map[string]any{"ciSystems": several("gitlab"), "ciNamespaces": several("a", "b systems=github")}, false, "bastide:ciNamespaces[1]", "ciSystems does not name"},
		"system without namespace":  {map[string]any{"ciSystems": several("gitlab", "github"), "githubConfigUrl": "https://github.com/example", "ciNamespaces": several("a systems=gitlab")}, false, "bastide:ciNamespaces", "no namespace for github"},
		"Estafette before 1.36":     {map[string]any{"ci": "privileged", "ciSystems": several("estafette"), "estafetteUrl": "https://ci.example.com", "kubernetesVersion": "1.35"}, false, "bastide:kubernetesVersion", "older than 1.36"},
		"an App without number":     {map[string]any{"ciSystems": several("github"), "ciInstall": true, "githubConfigUrl": "https://github.com/example", "githubAppId": "our-app", "githubInstallationId": "2", "githubAppKey": "-----BEGIN PRIVATE KEY-----\nabc"}, true, "bastide:githubAppId", "not a number"},
	} {
		t.Run(name, func(t *testing.T) {
			settings := environmenttest.Small(t)
			for key, value := range c.changes {
				settings.Set("bastide:"+key, value)
			}
			if c.secret {
				settings.Secrets = []string{"bastide:gitlabTokens", "bastide:githubAppKey"}
			}
			found := problems(t, settings)
			require.Len(t, found, 1)
			assert.Equal(t, c.key, found[0].Key)
			assert.Contains(t, found[0].Wrong, c.wrong)
			assert.NotEmpty(t, found[0].Remedy)
			for _, secret := range []string{"abcdefghijklmnopqrst", "ghp_", "BEGIN RSA"} {
				assert.NotContains(t, found[0].Wrong+found[0].Remedy, secret)
			}
		})
	}
}

func TestLoadReadsACompleteInstallation(t *testing.T) {
	settings := environmenttest.Small(t).Set("bastide:ciSystems", several("gitlab", "github")).Set("bastide:ciInstall", true).
		Set("bastide:ciNamespaces", several("ci-jobs size=large", "ci-trusted systems=gitlab")).Set("bastide:gitlabTokens", several(token, token)).
		Set("bastide:githubConfigUrl", "https://github.com/example").Set("bastide:githubAppId", "1").Set("bastide:githubInstallationId", "2").
		Set("bastide:githubAppKey", "-----BEGIN RSA PRIVATE KEY-----\nabc")
	settings.Secrets = []string{"bastide:gitlabTokens", "bastide:githubAppKey"}
	ci := settings.Load(t).CI
	assert.Equal(t, []environment.JobNamespace{{Name: "ci-jobs", Size: "large"}, {Name: "ci-trusted", Size: "small", Systems: []string{"gitlab"}}}, ci.Namespaces)
	assert.True(t, ci.Pool.Sandbox)
	assert.Len(t, ci.NamespacesOf("gitlab"), 2)
	assert.Len(t, ci.NamespacesOf("github"), 1)
	assert.Empty(t, ci.NamespacesOf("estafette"))
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", ci.Install, ci.Install, ci.Install), "abc", "formatting shows a secret")
}

func TestLoadAcceptsPlaceholders(t *testing.T) {
	settings := environmenttest.Small(t).Set("bastide:ciNamespaces", several("a", "b"))
	for key, value := range environment.Placeholders(settings.Values) {
		settings.Set(key, value)
	}
	assert.Len(t, settings.Load(t).CI.Install.GitLabTokens, 2)
}
