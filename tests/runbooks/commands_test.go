package runbooks_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"bastide/tests/docs"
)

// placeholders replaces what a reader has to fill in by values of this environment.
var placeholders = strings.NewReplacer(
	"staging", name, "STACK", name, "YOUR.PUBLIC.IP.ADDRESS", "203.0.113.9", "NEW.PUBLIC.IP.ADDRESS", "203.0.113.9", "PROJECT", "bastide-small",
	"TAG@DIGEST", "2.6.3@sha256:aafd73a2102cda9c55d5d881a8c3210303146a7ec1e8ac76f526e175c6d24641", "'", "", `"`, "",
)

// elsewhere are commands that other tests run, because they take long, with those tests.
var elsewhere = map[string]string{
	"pulumi up --stack staging --replace URN":                         "TestReplaceRotatesAKey",
	"pulumi up --replace URN":                                         "TestReplaceRotatesAKey",
	"pulumi up":                                                       "TestReplaceRotatesAKey",
	"pulumi preview":                                                  "TestUpgradesReplaceNothing",
	"pulumi refresh --stack staging":                                  "TestVerifyAndDriftFindManualChanges",
	"pulumi state unprotect --all --stack staging":                    "TestUnprotectRemovesProtectionFromState",
	"pulumi cancel --stack staging":                                   "TestCancelRemovesAStaleLock",
	"pulumi stack import --stack staging < before.json":               "TestImportRemovesPendingOperations",
	"pulumi preview --policy-pack build/policies/bastide":             "TestViolationFailsPreviewAndUp, in tests/engine",
	"pulumi stack change-secrets-provider --stack staging passphrase": "no test: it asks for input at a terminal",
	"pulumi stack change-secrets-provider --stack staging gcpkms://projects/PROJECT/locations/REGION/keyRings/RING/cryptoKeys/KEY": "no test: it needs a key in Cloud KMS",
	"pulumi stack migrate file://$PWD/state staging": "TestStateMovesToAnotherBackend, in tests/state",
	"pulumi preview --policy-pack policies":          "no test: it needs Pulumi's own language host",
	"pulumi stack output estafetteKeys":              "tests/ci, whose environment has Estafette",
	"pulumi stack output ciValues":                   "tests/ci, whose environment has CI systems",
}

// Every pulumi command in the documents is run as written, on an environment that is up.
func TestPulumiCommandsInTheDocumentsWork(t *testing.T) {
	files, err := docs.Files(tools.Root)
	require.NoError(t, err)
	typed := map[string]bool{}
	for _, file := range files {
		commands, err := docs.Commands(tools.Root, file)
		require.NoError(t, err)
		settled, err := os.ReadFile(filepath.Join(up.Dir, "work", "Pulumi."+name+".yaml"))
		require.NoError(t, err)
		for _, command := range commands {
			for part := range strings.SplitSeq(command.Text, " && ") {
				if !strings.HasPrefix(part, "pulumi ") || isElsewhere(part) || typed[part] {
					continue
				}
				typed[part] = true
				t.Run(part, func(t *testing.T) { runCommand(t, part) })
			}
		}
		write(t, string(settled))
	}
	assert.Greater(t, len(typed), 15)
}

// isElsewhere reports whether another test runs a command. Options may follow the listed
// `pulumi stack output` commands.
func isElsewhere(command string) bool {
	for listed := range elsewhere {
		if command == listed || strings.HasPrefix(listed, "pulumi stack output") && strings.HasPrefix(command, listed) {
			return true
		}
	}
	return false
}

func runCommand(t *testing.T, command string) {
	t.Helper()
	command, _, _ = strings.Cut(command, " > ")
	command, _, reads := strings.Cut(command, " < ")
	words := strings.Fields(placeholders.Replace(command))[1:]
	if last := words[len(words)-1]; reads || slices.Contains(words, "--secret") && strings.HasPrefix(last, "bastide:") {
		words = append(words, "a typed value") // the command reads it from a file, or prompts for it
	}
	switch {
	case slices.Equal(words[:min(2, len(words))], []string{"stack", "init"}):
		words[2] = "another"
		defer func() {
			_, err := up.Run(t.Context(), "stack", "rm", "another", "--yes")
			assert.NoError(t, err)
		}()
	case words[0] == "config":
		require.True(t, slices.ContainsFunc(words, declared(t)), "no word of %q is a setting that Pulumi.yaml declares", command)
		words = withStack(words)
	default:
		words = withStack(words)
	}
	_, err := up.Run(t.Context(), words...)
	assert.NoError(t, err)
}

func withStack(words []string) []string {
	if slices.Contains(words, "--stack") {
		return words
	}
	return append(words, "--stack", name)
}

// declared returns a function that reports whether a word is a setting.
func declared(t *testing.T) func(word string) bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(tools.Root, "Pulumi.yaml"))
	require.NoError(t, err)
	var project struct{ Config map[string]any }
	require.NoError(t, yaml.Unmarshal(text, &project))
	return func(word string) bool {
		key, _, _ := strings.Cut(word, "[")
		_, known := project.Config[key]
		return known || key == "gcp:project" || key == "gcp:region"
	}
}
