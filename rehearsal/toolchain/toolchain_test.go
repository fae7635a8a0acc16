package toolchain

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatWentWrongInABuildIsKept(t *testing.T) {
	said := follow("x", strings.NewReader("go: downloading example.com/x v1.0.0\nruntime\nexample.com/x\n# example.com/x\nx.go:1:2: no such thing\n"), &bytes.Buffer{})
	assert.Equal(t, "# example.com/x\nx.go:1:2: no such thing", said)
}

func TestAFailedBuildSaysWhy(t *testing.T) {
	err := Build{What: "nothing", Module: t.TempDir(), Command: "example.com/none", Out: t.TempDir() + "/x"}.Run(t.Context(), &bytes.Buffer{})
	require.ErrorContains(t, err, "building nothing")
	assert.ErrorContains(t, err, "go.mod")
}

func TestSomethingElseThanPulumi(t *testing.T) {
	_, err := PulumiVersion(t.Context(), "/does/not/exist")
	assert.ErrorContains(t, err, "asking /does/not/exist for its version")
}

func TestAskingForTheVersionLeavesNothing(t *testing.T) {
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

// What runs is never older than its source.
func TestABuildIsNeverStale(t *testing.T) {
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
