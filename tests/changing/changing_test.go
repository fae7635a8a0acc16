// Package changing_test follows the steps of docs/changing.md on a copy of the files.
package changing_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/environment/environmenttest"
)

// walk is a section of the document: the code to insert, by file.
type walk map[string]string

// after holds the files of the tested walk, and the line after which to insert the code.
var after = map[string]string{
	"components/cluster/nodes.go": "args := container.NodePoolNodeConfigArgs{\n",
	"policies/controls/nodes.go":  "var nodes = []Control{\n",
}

// step matches a step of a walk: a file, and a block of code.
var step = regexp.MustCompile("(?s)\n[0-9]\\. In ([a-z/]+\\.go),[^`]+(?:`[^`]+`[^`]+)*```go\n(.*?)```")

func read(t *testing.T, root, heading string) walk {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs", "changing.md"))
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), "\n## "+heading+"\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	steps := walk{}
	for _, match := range step.FindAllStringSubmatch(section, -1) {
		steps[match[1]] = match[2]
	}
	return steps
}

// overlay writes an overlay file for `go test`: it replaces files of the source tree by
// copies with the code inserted, and leaves the tree unchanged.
func overlay(t *testing.T, root string, steps walk) (path string) {
	t.Helper()
	replaced := map[string]string{}
	for file, code := range steps {
		original := filepath.Join(root, file)
		text, err := os.ReadFile(original)
		require.NoError(t, err)
		line := after[file]
		require.Contains(t, string(text), line, file)
		changed := filepath.Join(t.TempDir(), filepath.Base(file))
		require.NoError(t, os.WriteFile(changed, []byte(strings.Replace(string(text), line, line+code, 1)), 0o600))
		replaced[original] = changed
	}
	text, err := json.Marshal(map[string]any{"Replace": replaced})
	require.NoError(t, err)
	path = filepath.Join(t.TempDir(), "overlay.json")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

// evaluate runs the tests of tests/policies that evaluate every example, and the program with
// the property broken.
func evaluate(t *testing.T, root string, steps walk) (said string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "test", "-v", "-overlay", overlay(t, root, steps),
		"-run", "^TestNoExampleViolatesARule$|^TestEveryMutantIsCaught$", "./tests/policies")
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// The component and the row are the only files to edit. With both, the policy pack accepts
// the program, and reports a violation if the property is missing.
func TestHardenedNodePropertyNeedsTwoFiles(t *testing.T) {
	root, err := filepath.Abs(environmenttest.Root(t))
	require.NoError(t, err)
	steps := read(t, root, "A hardened property of nodes")
	require.Len(t, steps, len(after), "docs/changing.md names other files: %v", steps)

	said, err := evaluate(t, root, steps)
	require.NoError(t, err, said)
	assert.Contains(t, said, "--- PASS: TestEveryMutantIsCaught/OWN_process_limit", "no test case broke the property")

	delete(steps, "components/cluster/nodes.go")
	said, err = evaluate(t, root, steps)
	require.Error(t, err, "the pack accepts a program that does not set the property")
	assert.Contains(t, said, "process-limit: nodeConfig.kubeletConfig.podPidsLimit is not set; write 4096")
}
