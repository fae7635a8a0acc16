package engine_test

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/internal/rehearsal/toolchain"
)

// helper is the path of the helper, as make builds it.
func helper(t *testing.T) (path string) {
	t.Helper()
	path, err := toolchain.Helper(t.Context(), tools.Root, t.Output())
	require.NoError(t, err)
	return path
}

// startRehearsal starts a rehearsal, and returns when its output contains moment.
func startRehearsal(t *testing.T, helper, dir, moment string, flags ...string) (cmd *exec.Cmd, stdout io.Reader, stderr *bytes.Buffer) {
	t.Helper()
	cmd = exec.CommandContext(t.Context(), helper, append([]string{"rehearse", "--dir", dir}, flags...)...)
	cmd.Dir = tools.Root
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	stderr = &bytes.Buffer{}
	cmd.Stderr = stderr
	require.NoError(t, cmd.Start())
	require.True(t, waitFor(stdout, moment), stderr.String())
	return cmd, stdout, stderr
}

// Moments of a rehearsal, by its output. With the flags in slow, calls of the cloud take
// time, so that a signal can arrive during one.
const (
	creating = "control-plane creating"
	kept     = "The cluster runs until Ctrl-C"
)

var slow = []string{"--scale", "100"}

// Ctrl-C at any moment, and a closing terminal, leave no process behind. The rehearsal's
// processes are recognised by its folder, which is in their environment or arguments.
func TestSignalLeavesNoProcessBehind(t *testing.T) {
	t.Parallel()
	helper := helper(t)
	for _, c := range []struct {
		moment string
		signal syscall.Signal
		flags  []string
	}{
		{"== preview", syscall.SIGINT, nil},
		{"== up", syscall.SIGINT, nil},
		{creating, syscall.SIGINT, slow},
		{"== refresh", syscall.SIGINT, nil},
		{creating, syscall.SIGHUP, slow},
		{kept, syscall.SIGHUP, []string{"--keep"}},
	} {
		t.Run(c.moment+", "+c.signal.String(), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "interrupted")
			cmd, stdout, stderr := startRehearsal(t, helper, dir, c.moment, c.flags...)
			if c.moment == creating {
				assert.NotEmpty(t, processesOf(t, dir), "the rehearsal's processes are not recognised")
			}
			begun := time.Now()
			require.NoError(t, cmd.Process.Signal(c.signal))
			if c.signal == syscall.SIGHUP {
				require.NoError(t, cmd.Process.Signal(c.signal), "both the shell and the kernel send it")
			}
			_, _ = io.Copy(io.Discard, stdout)
			err := cmd.Wait()
			assert.Less(t, time.Since(begun), 15*time.Second)
			assert.Empty(t, processesOf(t, dir))
			if c.moment == kept {
				return // the rehearsal had finished already
			}
			require.Error(t, err)
			assert.Contains(t, stderr.String(), "interrupted; everything that was started has been stopped")
		})
	}
}

// A killed helper can't stop its processes; the kernel does.
func TestKillLeavesNoProcessBehind(t *testing.T) {
	t.Parallel()
	helper := helper(t)
	for moment, flags := range map[string][]string{creating: slow, "== preview again": nil} {
		t.Run(moment, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "killed")
			cmd, stdout, _ := startRehearsal(t, helper, dir, moment, flags...)
			assert.GreaterOrEqual(t, len(processesOf(t, dir)), 4, "the rehearsal's processes are not recognised")
			require.NoError(t, cmd.Process.Kill())
			_, _ = io.Copy(io.Discard, stdout)
			_ = cmd.Wait()
			assert.Eventually(t, func() bool { return len(processesOf(t, dir)) == 0 }, 15*time.Second, 100*time.Millisecond, "a process is still running")
			for _, left := range processesOf(t, dir) {
				t.Log(left)
			}
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
