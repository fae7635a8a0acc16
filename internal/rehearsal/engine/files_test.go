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
	"bastide/environment/stackfile"
	"bastide/internal/rehearsal/toolchain"
)

func TestReadFilesUsesDevAsItIs(t *testing.T) {
	root := environmenttest.Root(t)
	original, err := os.ReadFile(filepath.Join(root, "Pulumi.dev.yaml"))
	require.NoError(t, err)
	files, replaced, err := ReadFiles(root, root, "dev")
	require.NoError(t, err)
	assert.Empty(t, replaced)
	assert.Equal(t, string(original), string(files.Stack), "the file is used unchanged, with its encrypted values")
}

// A rehearsal is the first `up` of an environment, whatever the environment's file says.
func TestFromNothingTurnsBootstrapOn(t *testing.T) {
	for settings, want := range map[string]string{
		"config:\n  a: 1\n  b: \"02\"\n":                          "config:\n  bastide:a: 1\n  bastide:b: \"02\"\n  bastide:openbaoBootstrap: true\n",
		"config:\n  bastide:githubAppId: 1234567\n":               "config:\n  bastide:githubAppId: 1234567\n  bastide:openbaoBootstrap: true\n",
		"config:\n  openbaoBootstrap: false\nencryptionsalt: x\n": "config:\n  bastide:openbaoBootstrap: true\nencryptionsalt: x\n",
		"config:\n  bastide:openbaoBootstrap: \"true\" # kept\n":  "config:\n  bastide:openbaoBootstrap: \"true\" # kept\n",
		"": "",
	} {
		text, err := NewEnvironment([]byte(settings))
		require.NoError(t, err)
		assert.Equal(t, want, string(text))
	}
}

func TestWithTakesOneSettingFromOtherFiles(t *testing.T) {
	ours := Files{Project: []byte("name: x\n"), Stack: []byte("config:\n  a: 1\n  bastide:b: two\n")}
	theirs := Files{Stack: []byte("encryptionsalt: s\nconfig:\n  bastide:a: {secure: x}\n")}
	for key, want := range map[string]string{
		"bastide:a": "config:\n  bastide:a:\n    secure: x\n  bastide:b: two\nencryptionsalt: s\n",
		"bastide:b": "config:\n  bastide:a: 1\n  bastide:b: by default\nencryptionsalt: s\n",
		"bastide:c": "config:\n  bastide:a: 1\n  bastide:b: two\nencryptionsalt: s\n",
	} {
		made, err := ours.With(theirs, map[string]any{"bastide:b": "by default"}, key)
		require.NoError(t, err)
		assert.Equal(t, want, string(made.Stack), key)
		assert.Equal(t, ours.Project, made.Project)
	}
}

// otherPassphrase is a stack that is encrypted with the passphrase "another one".
const otherPassphrase = `encryptionsalt: v1:Q0JBCgoKCgo=:v1:AAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==
config:
  gcp:project: acme-staging
  bastide:adminCidrs:
    - secure: v1:AAAA:BBBB
    - 198.51.100.9/32
    - secure: v1:AAAA:BBBB
`

// replacedIn parses a stack's file, and replaces its encrypted settings.
func replacedIn(t *testing.T, text string) (stackfile.File, []string, error) {
	t.Helper()
	file, err := stackfile.Parse([]byte(text))
	require.NoError(t, err)
	_, opens := rehearsalDecrypter(file)
	require.False(t, opens, "the rehearsal's passphrase opens it, so nothing would be replaced")
	replaced, keys, err := replaceSecrets(file, nil)
	if err != nil {
		return stackfile.File{}, nil, err
	}
	file, err = stackfile.Parse(replaced)
	require.NoError(t, err)
	return file, keys, nil
}

// inClear decrypts a list with the rehearsal's passphrase.
func inClear(t *testing.T, file stackfile.File, setting string) (plain []string) {
	t.Helper()
	key, err := rehearsalKey()
	require.NoError(t, err)
	require.Equal(t, key.salt, file.Salt)
	for _, element := range file.Settings[setting].([]any) {
		if secret, isSecret := element.(map[string]any); isSecret {
			element, err = key.crypter.DecryptValue(t.Context(), secret["secure"].(string))
			require.NoError(t, err)
		}
		plain = append(plain, element.(string))
	}
	return plain
}

func TestPlaceholdersReplaceSecretsOfAnUnknownPassphrase(t *testing.T) {
	file, replaced, err := replacedIn(t, otherPassphrase)
	require.NoError(t, err)
	assert.Equal(t, []string{"bastide:adminCidrs"}, replaced)
	assert.Equal(t, []string{"203.0.113.7/32", "198.51.100.9/32", "203.0.113.9/32"}, inClear(t, file, "bastide:adminCidrs"))
	assert.True(t, stackfile.Encrypted(file.Settings["bastide:adminCidrs"]), "a placeholder for a secret is encrypted, too")
	_, opens := rehearsalDecrypter(file)
	assert.True(t, opens, "the rehearsal's passphrase does not open it")
	delete(file.Settings, "bastide:adminCidrs")
	assert.Equal(t, map[string]any{"gcp:project": "acme-staging", "bastide:rehearsal": "true"}, file.Settings)
}

// A plan tries no passphrase, not even the published one.
func TestPlanFilesDecryptsNothing(t *testing.T) {
	root := environmenttest.Root(t)
	files, replaced, err := PlanFiles(root, "dev", nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"bastide:adminCidrs"}, replaced)
	dev, err := stackfile.Read(root, "dev")
	require.NoError(t, err)
	planned, err := stackfile.Parse(files.Stack)
	require.NoError(t, err)
	assert.NotEqual(t, dev.Salt, planned.Salt)
	assert.NotEqual(t, dev.Settings["bastide:adminCidrs"], planned.Settings["bastide:adminCidrs"])
	assert.Equal(t, []string{"203.0.113.7/32"}, inClear(t, planned, "bastide:adminCidrs"))

	files, replaced, err = PlanFiles(root, "dev", nil, "bastide:adminCidrs", "bastide:privateAdminCidrs")
	require.NoError(t, err)
	assert.Equal(t, []string{"bastide:adminCidrs", "bastide:privateAdminCidrs"}, replaced)
	planned, err = stackfile.Parse(files.Stack)
	require.NoError(t, err)
	assert.Equal(t, []string{"192.168.250.0/28"}, inClear(t, planned, "bastide:privateAdminCidrs"))
}

func TestPlanFilesReportsAssumedSettingsAsReplaced(t *testing.T) {
	root := environmenttest.Root(t)
	files, replaced, err := PlanFiles(root, "dev", map[string]any{"bastide:estafetteUrl": "https://ci.example.com", "gcp:region": "us-east1"}, "bastide:adminCidrs")
	require.NoError(t, err)
	assert.Equal(t, []string{"bastide:adminCidrs", "bastide:estafetteUrl"}, replaced)
	planned, err := stackfile.Parse(files.Stack)
	require.NoError(t, err)
	assert.Equal(t, "https://ci.example.com", planned.Settings["bastide:estafetteUrl"])
	assert.Equal(t, "europe-west1", planned.Settings["gcp:region"], "a setting that is given keeps its value")
}

// The secrets providers are Pulumi Cloud (none named) and a cloud's key service.
func TestPlaceholdersReplaceSecretsOfOtherSecretsProviders(t *testing.T) {
	const settings = "config:\n  adminCidrs: {secure: AAAA}\n"
	for _, provider := range []string{"", "secretsprovider: gcpkms://projects/x\n", "secretsprovider: gcpkms://projects/x\nencryptedkey: AAAA\n"} {
		file, replaced, err := replacedIn(t, provider+settings)
		require.NoError(t, err, provider)
		assert.Equal(t, []string{"bastide:adminCidrs"}, replaced, provider)
		assert.Empty(t, file.Provider+file.Key)
		assert.Equal(t, []string{"203.0.113.7/32"}, inClear(t, file, "bastide:adminCidrs"))
	}
	file, replaced, err := replacedIn(t, "secretsprovider: gcpkms://projects/x\nencryptedkey: AAAA\nconfig:\n  bastide:zones: []\n")
	require.NoError(t, err)
	assert.Empty(t, replaced)
	assert.Equal(t, stackfile.File{Settings: map[string]any{"bastide:zones": []any{}}}, file)
}

func TestPlaceholderForPrivateAdminCidrsIsOutsideTheNetwork(t *testing.T) {
	for _, block := range []string{"192.168.0.0/16", "192.168.240.0/20", "10.250.0.0/16", "10.64.0.0/20", "nonsense"} {
		file, _, err := replacedIn(t, "config:\n  bastide:networkCidr: "+block+"\n  bastide:privateAdminCidrs: [{secure: AAAA}]\n")
		require.NoError(t, err)
		placeholder := netip.MustParsePrefix(inClear(t, file, "bastide:privateAdminCidrs")[0])
		if prefix, err := netip.ParsePrefix(block); err == nil {
			assert.False(t, prefix.Overlaps(placeholder), "%s and %s", block, placeholder)
		}
	}
}

func TestReadFilesRejectsSettingsThatAreAList(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{"Pulumi.yaml": "name: x\n", "Pulumi.odd.yaml": "config: [bastide:zones]\n"} {
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(text), 0o600))
	}
	_, _, err := ReadFiles(root, root, "odd")
	assert.EqualError(t, err, "reading environment \"odd\": its `config` has to have one setting a line, KEY: VALUE, as in Pulumi.dev.yaml")
}

// A misspelt key whose value is encrypted is reported like any other.
func TestReadFilesAndPlanFilesReportAllProblemsAtOnce(t *testing.T) {
	root := t.TempDir()
	project, err := os.ReadFile(filepath.Join(environmenttest.Root(t), "Pulumi.yaml"))
	require.NoError(t, err)
	const wrong = otherPassphrase + `  bastide:adminCidr: {secure: v1:AAAA:BBBB}
  gcp:credentials: {secure: v1:AAAA:BBBB}
  bastide:generalMaxNodes: many
  bastide:labels:
`
	for name, text := range map[string]string{"Pulumi.yaml": string(project), "Pulumi.odd.yaml": wrong} {
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(text), 0o600))
	}
	_, _, rehearsed := ReadFiles(root, root, "odd")
	_, _, planned := PlanFiles(root, "odd", nil)
	require.EqualError(t, rehearsed, planned.Error())
	for _, part := range []string{
		"did you mean bastide:adminCidrs?", "gcp:credentials: would be ignored", `"many" is not a whole number`,
		"bastide:labels: is empty, and not a list", "bastide:networkCidr", "gcp:region",
	} {
		assert.ErrorContains(t, planned, part)
	}
	_, _, err = RevisionFiles(root, "odd")
	assert.NoError(t, err, "another revision may have other settings")
}

func TestReadFilesRejectsAnUnknownEnvironment(t *testing.T) {
	_, _, err := ReadFiles(environmenttest.Root(t), environmenttest.Root(t), "nowhere")
	assert.ErrorContains(t, err, `there is no environment "nowhere"`)
	assert.ErrorContains(t, err, "choose one of dev")
	_, _, err = ReadFiles(environmenttest.Root(t), environmenttest.Root(t), "x/../Pulumi")
	assert.ErrorContains(t, err, "can't be the name of an environment")
}

// `pulumi up` and the rehearsal build the program to the same path.
func TestProgramPathIsTheBuildTargetOfTheProject(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(environmenttest.Root(t), "Pulumi.yaml"))
	require.NoError(t, err)
	var project struct {
		Runtime struct{ Options struct{ BuildTarget string } }
	}
	require.NoError(t, yaml.Unmarshal(text, &project))
	assert.Equal(t, toolchain.ProgramPath, project.Runtime.Options.BuildTarget)
}

func TestExplainPrefersTheMessageOfTheCLI(t *testing.T) {
	assert.NoError(t, explain(nil, "warning: something"))
	assert.ErrorIs(t, explain(os.ErrNotExist, " \n"), os.ErrNotExist)
	assert.EqualError(t, explain(os.ErrNotExist, "error: incorrect passphrase\n"), "incorrect passphrase")
	assert.EqualError(t, explain(os.ErrNotExist, "<{%fg 1%}>error: <{%reset%}>odd\n"), "odd")
}
