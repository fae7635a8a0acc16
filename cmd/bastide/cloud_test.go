package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNothingTouchesACloudByAccident(t *testing.T) {
	root := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(text), 0o600))
	}
	write("Pulumi.yaml", "name: bastide\n")
	write("Pulumi.staging.yaml", "config:\n  bastide:zones: []\n")
	write("Pulumi.live.yaml", "config:\n  bastide:rehearsal: \"false\"\n")
	write("Pulumi.dev.yaml", "config:\n  bastide:rehearsal: true\n")
	write("Pulumi.text.yaml", "config:\n  bastide:rehearsal: \"true\"\n")
	write("Pulumi.short.yaml", "config:\n  rehearsal: true\n")
	write("Pulumi.odd.yaml", "config:\n  bastide:rehearsal: \"yes\"\n")
	write("Pulumi.hidden.yaml", "config:\n  bastide:rehearsal: {secure: v1:AAAA:BBBB}\n")
	write("Pulumi.list.yaml", "config: [bastide:zones]\n")

	assert.NoError(t, mayBeReal(root, "staging", "up"))
	assert.NoError(t, mayBeReal(root, "live", "up"))
	for environment, wrong := range map[string]string{
		"":              "type `make up ENV=staging`",
		"dev":           "only ever rehearsed",
		"text":          "only ever rehearsed",
		"short":         "only ever rehearsed",
		"odd":           "neither true nor false",
		"hidden":        "neither true nor false",
		"list":          "one setting a line, KEY: VALUE",
		"prod":          `there is no environment "prod": no Pulumi.prod.yaml beside Pulumi.yaml; name one of dev, `,
		"x/../Pulumi":   "can't be the name of an environment",
		"../x":          "can't be the name of an environment",
		"staging --yes": "can't be the name of an environment",
	} {
		assert.ErrorContains(t, mayBeReal(root, environment, "up"), wrong, environment)
	}
}

// pretend puts a pulumi on PATH that is a script.
func pretend(t *testing.T, script string) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "pulumi"), []byte("#!/bin/sh\n"+script), 0o700))
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

func TestPulumisOwnErrorIsKept(t *testing.T) {
	pretend(t, "exit 3\n")
	assert.EqualError(t, runPulumi("up"), "pulumi up: exit status 3")
}

func TestPulumiIsToldToStop(t *testing.T) {
	ready := filepath.Join(t.TempDir(), "ready")
	pretend(t, "trap 'exit 4' TERM\ntouch "+ready+"\nwhile :; do sleep 0.1; done\n")
	go func() {
		assert.Eventually(t, func() bool { _, err := os.Stat(ready); return err == nil }, 10*time.Second, 10*time.Millisecond)
		assert.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGTERM))
	}()
	assert.EqualError(t, runPulumi("up"), "pulumi up: exit status 4")
}

// Pulumi gives up what it winds down when Ctrl-C reaches it twice.
func TestCtrlCReachesPulumiOnce(t *testing.T) {
	for terminal, want := range map[bool]string{true: "exit status 0", false: "signal: interrupt"} {
		child := exec.Command("sleep", "0.5")
		require.NoError(t, child.Start())
		signals := make(chan os.Signal, 1)
		signals <- os.Interrupt
		close(signals)
		passOn(signals, child.Process, terminal)
		_ = child.Wait()
		assert.Equal(t, want, child.ProcessState.String())
	}
}
