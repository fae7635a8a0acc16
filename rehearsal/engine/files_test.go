package engine

import (
	"net/netip"
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

// A rehearsal is the first `up` of an environment, whatever has become of it.
func TestARehearsalBeginsWithNothing(t *testing.T) {
	for settings, want := range map[string]string{
		"config:\n  a: 1\n": "config:\n  a: 1\n  bastide:openbaoBootstrap: true\n",
		"config:\n  bastide:openbaoBootstrap: false\nsalt: x\n":  "config:\n  bastide:openbaoBootstrap: true\nsalt: x\n",
		"config:\n  bastide:openbaoBootstrap: \"true\" # kept\n": "config:\n  bastide:openbaoBootstrap: \"true\" # kept\n",
		"": "",
	} {
		text, err := FromNothing([]byte(settings))
		require.NoError(t, err)
		assert.Equal(t, want, string(text))
	}
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

// Keys of a cloud's key service, and of Pulumi Cloud, are as foreign.
func TestOthersKeyServicesAreReplacedToo(t *testing.T) {
	const settings = "config:\n  adminCidrs: {secure: AAAA}\n"
	for _, provider := range []string{"", "secretsprovider: gcpkms://projects/x\n", "secretsprovider: gcpkms://projects/x\nencryptedkey: AAAA\n"} {
		text, replaced, err := replaceSecrets([]byte(provider + settings))
		require.NoError(t, err, provider)
		assert.Equal(t, []string{"bastide:adminCidrs"}, replaced, provider)
		for _, gone := range []string{"secretsprovider", "encryptedkey", "secure"} {
			assert.NotContains(t, string(text), gone, provider)
		}
	}
	text, replaced, err := replaceSecrets([]byte("secretsprovider: gcpkms://projects/x\nencryptedkey: AAAA\nconfig:\n  bastide:zones: []\n"))
	require.NoError(t, err)
	assert.Empty(t, replaced)
	assert.YAMLEq(t, "config:\n  bastide:zones: []\n", string(text))
}

func TestTheStandInForPrivateRangesIsOutsideOfTheNetwork(t *testing.T) {
	for _, block := range []string{"192.168.0.0/16", "192.168.240.0/20", "10.250.0.0/16", "10.64.0.0/20", "nonsense"} {
		text, _, err := replaceSecrets([]byte("config:\n  bastide:networkCidr: " + block + "\n  bastide:privateAdminCidrs: [{secure: AAAA}]\n"))
		require.NoError(t, err)
		stack, err := parseStack(text)
		require.NoError(t, err)
		standIn := netip.MustParsePrefix(stack.Settings["bastide:privateAdminCidrs"].([]any)[0].(string))
		if prefix, err := netip.ParsePrefix(block); err == nil {
			assert.False(t, prefix.Overlaps(standIn), "%s and %s", block, standIn)
		}
	}
}

func TestSettingsThatAreAList(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{"Pulumi.yaml": "name: x\n", "Pulumi.odd.yaml": "config: [bastide:zones]\n"} {
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(text), 0o600))
	}
	_, _, err := ReadFiles(root, "odd")
	assert.EqualError(t, err, "reading environment \"odd\": its `config` has to hold one setting a line, KEY: VALUE, as Pulumi.dev.yaml does")
}

func TestSecretsWithoutAStandInAreRefused(t *testing.T) {
	_, _, err := replaceSecrets([]byte(foreign + "  gcp:credentials:\n    secure: v1:AAAA:BBBB\n"))
	assert.ErrorContains(t, err, "gcp:credentials")
}

func TestUnknownEnvironment(t *testing.T) {
	_, _, err := ReadFiles(environmenttest.Root(t), "nowhere")
	assert.ErrorContains(t, err, `there is no environment "nowhere"`)
	assert.ErrorContains(t, err, "name one of dev")
	_, _, err = ReadFiles(environmenttest.Root(t), "x/../Pulumi")
	assert.ErrorContains(t, err, "can't be the name of an environment")
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
