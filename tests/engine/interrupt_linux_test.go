package engine_test

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Ctrl-C at any moment leaves no process behind. What the rehearsal starts is
// recognised by the private folder that its environment names.
func TestInterruptLeavesNothingBehind(t *testing.T) {
	helper := filepath.Join(t.TempDir(), "bastide")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", helper, "./cmd/bastide")
	build.Dir = tools.Root
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))

	for _, moment := range []string{"== preview", "== up", "control-plane creating", "== refresh"} {
		t.Run(moment, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "interrupted")
			cmd := exec.CommandContext(t.Context(), helper, "rehearse", "--dir", dir, "--scale", "100")
			cmd.Dir = tools.Root
			stdout, err := cmd.StdoutPipe()
			require.NoError(t, err)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			require.NoError(t, cmd.Start())
			require.True(t, waitFor(stdout, moment), stderr.String())

			if strings.HasSuffix(moment, "creating") {
				assert.NotEmpty(t, processesOf(t, dir), "what is being looked for is not recognised")
			}
			begun := time.Now()
			require.NoError(t, cmd.Process.Signal(os.Interrupt))
			_, _ = io.Copy(io.Discard, stdout)
			require.Error(t, cmd.Wait())
			assert.Less(t, time.Since(begun), 15*time.Second)
			assert.Contains(t, stderr.String(), "interrupted; everything that was started has been stopped")
			assert.Empty(t, processesOf(t, dir))
		})
	}
}

func waitFor(stream io.Reader, text string) bool {
	scanner := bufio.NewScanner(stream)
	for scanner.Scan() {
		if strings.Contains(scanner.Text(), text) {
			return true
		}
	}
	return false
}

// processesOf lists the live processes whose environment or arguments name a
// folder.
func processesOf(t *testing.T, dir string) (found []string) {
	t.Helper()
	entries, err := filepath.Glob("/proc/[0-9]*")
	require.NoError(t, err)
	require.NotEmpty(t, entries)
	for _, entry := range entries {
		environ, _ := os.ReadFile(filepath.Join(entry, "environ"))
		arguments, _ := os.ReadFile(filepath.Join(entry, "cmdline"))
		if bytes.Contains(append(environ, arguments...), []byte(dir)) {
			found = append(found, string(bytes.ReplaceAll(arguments, []byte{0}, []byte{' '})))
		}
	}
	return found
}
