package children

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The tests run this binary again, as a parent process that they kill.
const role, project = "BASTIDE_TEST_LAST_SIGNAL", "BASTIDE_TEST_PROJECT"

func TestMain(m *testing.M) {
	if last, err := strconv.Atoi(os.Getenv(role)); err == nil {
		if err := parent(syscall.Signal(last)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// parent starts a child, prints its id, and waits until its standard input is closed.
func parent(last syscall.Signal) error {
	if _, err := OpenRegistry(os.Getenv(project), os.Stderr); err != nil {
		return err
	}
	child := exec.Command("sleep", "600")
	if err := Start(child, last); err != nil {
		return err
	}
	fmt.Fprintln(os.Stdout, child.Process.Pid)
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// family starts a parent, and returns it with the id of its child.
func family(t *testing.T, root string, last syscall.Signal) (parent *exec.Cmd, child int) {
	t.Helper()
	parent = exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), fmt.Sprintf("%s=%d", role, last), project+"="+root)
	_, err := parent.StdinPipe()
	require.NoError(t, err)
	said, err := parent.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, parent.Start())
	t.Cleanup(func() { _ = parent.Process.Kill() })
	line, err := bufio.NewReader(said).ReadString('\n')
	require.NoError(t, err)
	child, err = strconv.Atoi(strings.TrimSpace(line))
	require.NoError(t, err)
	t.Cleanup(func() { _ = syscall.Kill(child, syscall.SIGKILL) })
	return parent, child
}

func kill(t *testing.T, parent *exec.Cmd) {
	t.Helper()
	require.NoError(t, parent.Process.Kill())
	_ = parent.Wait()
}

func lives(pid int) bool {
	_, alive := look(pid)
	return alive
}

func eventually(t *testing.T, what func() bool, message string) {
	t.Helper()
	assert.Eventually(t, what, 10*time.Second, 10*time.Millisecond, message)
}

func TestChildEndsWhenItsParentIsKilled(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("this system has no parent-death signal")
	}
	parent, child := family(t, t.TempDir(), syscall.SIGTERM)
	assert.True(t, lives(child))
	kill(t, parent)
	eventually(t, func() bool { return !lives(child) }, "the child outlived its parent")
}

func TestChildOutlivesTheThreadThatCalledStart(t *testing.T) {
	cmd, started := exec.Command("sleep", "600"), make(chan error)
	go func() {
		runtime.LockOSThread() // so that the thread ends with the goroutine
		started <- Start(cmd, syscall.SIGKILL)
	}()
	require.NoError(t, <-started)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		assert.Fail(t, "it ended with the thread", err)
	case <-time.After(300 * time.Millisecond):
		require.NoError(t, cmd.Process.Kill())
		assert.Error(t, <-ended, "it was killed")
	}
}

func TestKeepEndsTheProcessesOfAKilledRun(t *testing.T) {
	root := t.TempDir()
	parent, child := family(t, root, 0) // no parent-death signal
	var said bytes.Buffer
	keep := func() {
		release, err := OpenRegistry(root, &said)
		require.NoError(t, err)
		require.NoError(t, release())
	}
	keep()
	assert.Empty(t, said.String(), "the parent is still running")
	assert.True(t, lives(child))

	kill(t, parent)
	assert.True(t, lives(child), "the child ended by itself, so this tests nothing")
	keep()
	assert.False(t, lives(child))
	assert.Equal(t, fmt.Sprintf("ended 1 processes that an interrupted run had left behind: sleep (%d)\n", child), said.String())

	said.Reset()
	keep()
	assert.Empty(t, said.String())
	left, err := filepath.Glob(filepath.Join(root, Folder, "*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}

// The kernel reuses ids.
func TestKeepSparesAProcessWithTheSameIDButAnotherNameOrStart(t *testing.T) {
	root := t.TempDir()
	other := exec.Command("sleep", "600")
	require.NoError(t, other.Start())
	defer func() { _ = other.Process.Kill(); _ = other.Wait() }()
	is, alive := look(other.Process.Pid)
	require.True(t, alive)

	var lines []byte
	for _, was := range []process{{is.ID, is.Name, "1"}, {is.ID, "etcd", is.Started}, {1 << 22, is.Name, is.Started}} {
		line, err := json.Marshal(was)
		require.NoError(t, err)
		lines = append(append(lines, line...), '\n')
	}
	require.NoError(t, os.MkdirAll(filepath.Join(root, Folder), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(root, Folder, "old.json"), append(lines, `{"id":`...), 0o600))
	var said bytes.Buffer
	release, err := OpenRegistry(root, &said)
	require.NoError(t, err)
	defer func() { assert.NoError(t, release()) }()
	assert.Empty(t, said.String())
	assert.True(t, lives(is.ID))
}

func TestRegistryIsRemovedWithItsLastRelease(t *testing.T) {
	root := t.TempDir()
	first, err := OpenRegistry(root, io.Discard)
	require.NoError(t, err)
	second, err := OpenRegistry(root, io.Discard)
	require.NoError(t, err)
	require.NoError(t, first())
	require.NoError(t, first(), "a second release has no effect")
	cmd := exec.Command("sleep", "600")
	require.NoError(t, Start(cmd, syscall.SIGKILL))
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	registries, err := filepath.Glob(filepath.Join(root, Folder, "*.json"))
	require.NoError(t, err)
	require.Len(t, registries, 1)
	text, err := os.ReadFile(registries[0])
	require.NoError(t, err)
	assert.Contains(t, string(text), strconv.Itoa(cmd.Process.Pid))
	require.NoError(t, second())
	assert.NoFileExists(t, registries[0])
}
