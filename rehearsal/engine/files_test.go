package engine

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"bastide/environment/environmenttest"
)

func TestDevOpensWithTheThrowAwayPassphrase(t *testing.T) {
	root := environmenttest.Root(t)
	original, err := os.ReadFile(filepath.Join(root, "Pulumi.dev.yaml"))
	require.NoError(t, err)
	files, replaced, err := ReadFiles(root, "dev")
	require.NoError(t, err)
	assert.Empty(t, replaced)
	assert.Equal(t, string(original), string(files.Stack), "used as it is, encrypted")
}

// The salt of a stack whose passphrase is "another one".
const foreign = `encryptionsalt: v1:Q0JBCgoKCgo=:v1:AAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==
config:
  gcp:project: acme-staging
  bastide:adminCidrs:
    - secure: v1:AAAA:BBBB
    - 198.51.100.9/32
`

func TestOthersSecretsAreReplaced(t *testing.T) {
	text, replaced, err := replaceSecrets([]byte(foreign))
	require.NoError(t, err)
	assert.Equal(t, []string{"bastide:adminCidrs"}, replaced)

	var stack struct {
		Salt   string `json:"encryptionsalt"`
		Config map[string]any
	}
	require.NoError(t, yaml.Unmarshal(text, &stack))
	assert.Empty(t, stack.Salt)
	assert.Equal(t, map[string]any{
		"gcp:project": "acme-staging", "bastide:adminCidrs": []any{"203.0.113.7/32"}, "bastide:rehearsal": true,
	}, stack.Config)
}

func TestSecretsWithoutAStandInAreRefused(t *testing.T) {
	_, _, err := replaceSecrets([]byte(foreign + "  gcp:credentials:\n    secure: v1:AAAA:BBBB\n"))
	assert.ErrorContains(t, err, "gcp:credentials")
}

func TestUnknownEnvironment(t *testing.T) {
	_, _, err := ReadFiles(environmenttest.Root(t), "nowhere")
	assert.ErrorContains(t, err, `there is no environment "nowhere"`)
	assert.ErrorContains(t, err, "dev")
}

// The path that the real language host builds to is the one that is run here.
func TestBuildTargetIsTheProjects(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(environmenttest.Root(t), "Pulumi.yaml"))
	require.NoError(t, err)
	var project struct {
		Runtime struct{ Options struct{ BuildTarget string } }
	}
	require.NoError(t, yaml.Unmarshal(text, &project))
	assert.Equal(t, Program, project.Runtime.Options.BuildTarget)
}

func TestExplainKeepsTheCLIsOwnWords(t *testing.T) {
	assert.NoError(t, explain(nil))
	err := explain(os.ErrNotExist)
	assert.ErrorIs(t, err, os.ErrNotExist)
}
