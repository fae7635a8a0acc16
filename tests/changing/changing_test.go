// Package changing_test does what docs/changing.md says.
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

// walk is one of the document's: the code that it has one write, by file.
type walk map[string]string

// The files of the walk that is done here, and the lines after which its code goes.
var after = map[string]string{
	"components/cluster/nodes.go": "args := container.NodePoolNodeConfigArgs{\n",
	"policies/controls/nodes.go":  "var nodes = []Control{\n",
}

// step is a step of a walk: a file, and a block of code.
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

// overlay gives `go test` files with the code in them, in place of those of the tree,
// which stays as it is.
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

// evaluate has the policy pack look at every example, and at the program with the
// property broken, both of which tests/policies does.
func evaluate(t *testing.T, root string, steps walk) (said string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "test", "-v", "-overlay", overlay(t, root, steps),
		"-run", "^TestNoExampleViolatesARule$|^TestEveryMutantIsCaught$", "./tests/policies")
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// The component and the row are all that one writes: with both the pack passes what the
// program plans, and notices when the property is off.
func TestAHardenedPropertyOfNodesIsTwoFiles(t *testing.T) {
	root, err := filepath.Abs(environmenttest.Root(t))
	require.NoError(t, err)
	steps := read(t, root, "A hardened property of nodes")
	require.Len(t, steps, len(after), "docs/changing.md names other files: %v", steps)

	said, err := evaluate(t, root, steps)
	require.NoError(t, err, said)
	assert.Contains(t, said, "--- PASS: TestEveryMutantIsCaught/OWN_process_limit", "nothing has broken the property")

	delete(steps, "components/cluster/nodes.go")
	said, err = evaluate(t, root, steps)
	require.Error(t, err, "the pack passes a program that does not set the property")
	assert.Contains(t, said, "process-limit: nodeConfig.kubeletConfig.podPidsLimit is not set; write 4096")
}
