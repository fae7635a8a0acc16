package toolchain

import (
	"bufio"
	"bytes"
	"context"
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

func TestFollowReturnsTheCompilersErrors(t *testing.T) {
	said := follow("x", strings.NewReader("go: downloading example.com/x v1.0.0\nruntime\nexample.com/x\n# example.com/x\nx.go:1:2: no such thing\n"), &bytes.Buffer{})
	assert.Equal(t, "# example.com/x\nx.go:1:2: no such thing", said)
}

func TestRunReturnsTheErrorOfAFailedBuild(t *testing.T) {
	err := Build{What: "nothing", Module: t.TempDir(), Command: "example.com/none", Out: t.TempDir() + "/x"}.Run(t.Context(), &bytes.Buffer{})
	require.ErrorContains(t, err, "building nothing")
	assert.ErrorContains(t, err, "go.mod")
}

func TestPulumiVersionFailsForAMissingCLI(t *testing.T) {
	_, err := PulumiVersion(t.Context(), "/does/not/exist")
	assert.ErrorContains(t, err, "getting the version of /does/not/exist")
}

func TestPulumiVersionLeavesNoFiles(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	cli := filepath.Join(t.TempDir(), "pulumi")
	script := "#!/bin/sh\nset -eu\n: > \"$PULUMI_HOME/log\"\n: > \"$HOME/log\"\necho v3.255.0\n"
	require.NoError(t, os.WriteFile(cli, []byte(script), 0o700))
	version, err := PulumiVersion(t.Context(), cli)
	require.NoError(t, err)
	assert.Equal(t, "3.255.0", version.String())
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestRunRebuildsACommandWhoseSourceChanged(t *testing.T) {
	module := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(module, name), []byte(text), 0o600))
	}
	write("go.mod", "module stale\n\ngo 1.26\n")
	for _, word := range []string{"first", "second"} {
		write("main.go", "package main\n\nfunc main() { print(\""+word+"\") }\n")
		b := Build{What: "a word", Module: module, Command: ".", Out: filepath.Join(module, "word")}
		require.NoError(t, b.Run(t.Context(), &bytes.Buffer{}))
		said, err := exec.CommandContext(t.Context(), b.Out).CombinedOutput()
		require.NoError(t, err)
		assert.Equal(t, word, string(said))
	}
}

func TestRunWaitsForAnotherBuildAndReportsThat(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module second\n\ngo 1.26\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte("package main\n\nfunc main() {}\n"), 0o600))
	unlock, err := lock(t.Context(), dir, &bytes.Buffer{})
	require.NoError(t, err)
	said, progress := io.Pipe()
	built := make(chan error)
	go func() {
		built <- Build{What: "a second", Module: dir, Command: ".", Out: filepath.Join(dir, "second")}.Run(t.Context(), progress)
		_ = progress.Close()
	}()
	line, err := bufio.NewReader(said).ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "waiting for another build in "+dir+" to end\n", line)
	go func() { _, _ = io.Copy(io.Discard, said) }()
	require.NoError(t, unlock())
	require.NoError(t, <-built)
	assert.FileExists(t, filepath.Join(dir, "second"))
}

func TestInterruptedBuildLeavesNoFiles(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("GOCACHE", t.TempDir()) // the standard library alone takes seconds
	t.Setenv("GOTMPDIR", filepath.Join(dir, "tmp"))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "tmp"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module long\n\ngo 1.26\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte("package main\n\nimport \"net/http\"\n\nfunc main() { http.Get(\"\") }\n"), 0o600))
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	out := filepath.Join(dir, "out", "long")
	err := Build{What: "something long", Module: dir, Command: ".", Out: out}.Run(ctx, &bytes.Buffer{})
	require.ErrorContains(t, err, "building something long")
	assert.NoFileExists(t, out)
	left, err := os.ReadDir(filepath.Join(dir, "tmp"))
	require.NoError(t, err)
	assert.Empty(t, left, "temporary files of the compilers")
}
