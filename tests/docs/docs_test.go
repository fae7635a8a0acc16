package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/environment/environmenttest"
	"bastide/tests/docs"
)

// proofs are the tests that run a command, or what it runs, by the first words of the
// command; the longest match counts.
var proofs = map[string]string{
	"make rehearse": "TestRehearsalUpDestroyAndUpAgain",
	"make test":     "TestEveryCommandIsTestedOrMarkedAsCloud", // which runs in it
	"make verify":   "TestEveryCommandIsTestedOrMarkedAsCloud",
	"make help":     "TestENVIsReadFromTheCommandLineOnly",
	"make up":       "TestUpgradesReplaceNothing",
	"make preview":  "TestUpgradesReplaceNothing",
	"make destroy":  "TestEnvironmentLifecycle",
	"make drift":    "TestVerifyAndDriftFindManualChanges",
	"make live":     "TestVerifyChecksTheCluster",
	"make cost":     "TestEstimateMatchesAHandComputedOne",
	"make plan":     "TestPlanNeedsNoCredentials",
	"make fork":     "TestForkedEnvironmentWorksWithTheCLI",
	"make doctor":   "TestEachProblemIsReportedByItsOwnCheckOnly",
	"make secrets":  "TestNoSecretIsCommitted",
	"make hooks":    "TestNoSecretIsCommitted",
	"bastide plan":  "TestPullRequestCommentListsChangesAndViolations",
	"make images":   "TestReportsImagesWhoseDigestMovedInTheRegistry",
	"make policies": "TestViolationFailsPreviewAndUp",
	"make update":   "TestCostsInDocumentsAreUpToDate",
	"make browser":  "TestReportRendersInABrowser",
	"pulumi":        "TestPulumiCommandsInTheDocumentsWork", // each of them, exactly as written
	"export":        "TestEnvironmentIsRecoveredOnAnotherMachine",
	"tar":           "TestEnvironmentIsRecoveredOnAnotherMachine",
	"kubectl run":   "TestClusterDecidesAsTheCorpusSays",
	"kubectl apply": "TestRehearsalUpDestroyAndUpAgain", // which deploys the example
}

// Every command in the documents is run by a test, or marked as one that needs a cloud
// account.
func TestEveryCommandIsTestedOrMarkedAsCloud(t *testing.T) {
	root := environmenttest.Root(t)
	files, err := docs.Files(root)
	require.NoError(t, err)
	require.Greater(t, len(files), 10)
	tests := testNames(t, root)
	targets := makeTargets(t, root)
	all, marked := 0, 0
	for _, file := range files {
		commands, err := docs.Commands(root, file)
		require.NoError(t, err)
		for _, command := range commands {
			all++
			if words := strings.Fields(command.Text); words[0] == "make" {
				assert.Contains(t, targets, words[1], "%s: there is no such target", command)
			}
			if command.Cloud {
				marked++
				continue
			}
			proof := prove(command.Text)
			if assert.NotEmpty(t, proof, "%s: no test runs it, and it is not marked with (cloud)", command) {
				assert.Contains(t, tests, proof, "%s: there is no such test", command)
			}
		}
	}
	t.Logf("%d commands in %d documents, %d of them need a cloud account", all, len(files), marked)
	assert.Greater(t, all, 80)
}

// prove names the test that runs a command.
func prove(text string) (test string) {
	longest := 0
	for prefix, name := range proofs {
		if strings.HasPrefix(text, prefix) && len(prefix) > longest {
			longest, test = len(prefix), name
		}
	}
	return test
}

func testNames(t *testing.T, root string) map[string]bool {
	t.Helper()
	form, names := regexp.MustCompile(`(?m)^func (Test\w+)\(`), map[string]bool{}
	require.NoError(t, filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() && (entry.Name() == "build" || entry.Name() == ".git" || entry.Name() == "tools") {
			return firstOf(err, filepath.SkipDir)
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		for _, match := range form.FindAllStringSubmatch(string(text), -1) {
			names[match[1]] = true
		}
		return err
	}))
	require.NotEmpty(t, names)
	return names
}

func firstOf(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

func makeTargets(t *testing.T, root string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "Makefile"))
	require.NoError(t, err)
	targets := map[string]bool{}
	for _, match := range regexp.MustCompile(`(?m)^([a-z ]+):.*##`).FindAllStringSubmatch(string(text), -1) {
		targets[match[1]] = true
	}
	require.NotEmpty(t, targets)
	return targets
}

// Commands are found in blocks and in running text, and an unknown one is an error.
func TestFindsCommandsWhereverTheyAre(t *testing.T) {
	for text, want := range map[string]int{
		"Text.\n\n    make up ENV=x\n    make preview ENV=x\n": 2,
		"1. One:\n\n       gcloud a b \\\n         c\n":        1,
		"```sh\nkubectl get pods\n```\n":                       1,
		"Say `make up` or `pulumi stack ls`, not `up`.\n":      2,
		"    not after a blank line\n":                         0,
	} {
		root := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(root, "README.md"), []byte(text), 0o600))
		commands, err := docs.Commands(root, "README.md")
		require.NoError(t, err, text)
		assert.Len(t, commands, want, text)
	}
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "README.md"), []byte("Text.\n\n    rm -rf everything\n"), 0o600))
	_, err := docs.Commands(root, "README.md")
	assert.ErrorContains(t, err, `README.md:3: "rm -rf everything" begins with no tool`)
}

func TestCloudMarkOfAHeadingEndsWithItsSection(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "README.md"), []byte("# A\n\n## B (cloud)\n\n### C\n\n    gcloud a\n\n## D\n\n    gcloud b\n    gcloud c   # (cloud)\n"), 0o600))
	commands, err := docs.Commands(root, "README.md")
	require.NoError(t, err)
	require.Len(t, commands, 3)
	assert.Equal(t, []bool{true, false, true}, []bool{commands[0].Cloud, commands[1].Cloud, commands[2].Cloud})
	assert.Equal(t, "gcloud c", commands[2].Text)
}
