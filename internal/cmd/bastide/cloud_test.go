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

	"bastide/environment/environmenttest"
	"bastide/internal/doctor"
)

func TestCommandsOnTheCloudRequireARealEnvironment(t *testing.T) {
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
	write("Pulumi.twice.yaml", "config:\n  bastide:rehearsal: true\n  rehearsal: false\n")

	assert.NoError(t, requireReal(root, "staging", "up"))
	assert.NoError(t, requireReal(root, "live", "up"))
	for environment, wrong := range map[string]string{
		"":              "type `make up ENV=staging`",
		"dev":           "only ever rehearsed",
		"text":          "only ever rehearsed",
		"short":         "only ever rehearsed",
		"odd":           "neither true nor false",
		"hidden":        "neither true nor false",
		"list":          "one setting a line, KEY: VALUE",
		"twice":         "bastide:rehearsal is set 2 times, as `bastide:rehearsal` and `rehearsal`",
		"prod":          `there is no environment "prod": no Pulumi.prod.yaml next to Pulumi.yaml; choose one of dev, `,
		"x/../Pulumi":   "can't be the name of an environment",
		"../x":          "can't be the name of an environment",
		"staging --yes": "can't be the name of an environment",
	} {
		assert.ErrorContains(t, requireReal(root, environment, "up"), wrong, environment)
	}
}

// Each command that reads the settings reports all problems at once, wrong types included,
// before it starts pulumi.
func TestAllProblemsAreReportedBeforePulumiStarts(t *testing.T) {
	root := t.TempDir()
	project, err := os.ReadFile(filepath.Join(environmenttest.Root(t), "Pulumi.yaml"))
	require.NoError(t, err)
	const wrong = `config:
  gcp:project: acme-staging
  gcp:region: europe-west1
  bastide:adminCidrs: [0.0.0.0/0]
  bastide:networkCidr: 10.64.0.0/20
  bastide:generalMaxNodes: many
  bastide:generalSpot: No
  bastide:zones: '["europe-west1-b"]'
  bastide:labels:
  bastide:githubAppId: 1234567
`
	for name, text := range map[string]string{"Pulumi.yaml": string(project), "Pulumi.staging.yaml": wrong} {
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(text), 0o600))
	}
	t.Chdir(root)
	started := filepath.Join(t.TempDir(), "started")
	fakePulumi(t, "touch "+started+"\n")
	said := map[string]string{}
	for _, args := range [][]string{
		{"preview", "--env", "staging"}, {"up", "--env", "staging"}, {"rehearse", "--env", "staging"},
		{"plan", "staging"}, {"cost", "staging"}, {"fork", "two", "--from", "staging", "--project", "acme-two"},
	} {
		command := commands()
		command.SetArgs(args)
		err := command.ExecuteContext(t.Context())
		require.Error(t, err, args[0])
		said[args[0]] = err.Error()
	}
	for name, text := range said {
		for _, part := range []string{
			`"many" is not a whole number`, `"No" is neither true nor false`,
			"bastide:zones: is a string, but Pulumi.yaml declares a list of strings\n    type: pulumi config set --stack staging --path 'bastide:zones[0]' VALUE",
			"bastide:labels: is empty, and not a list",
		} {
			assert.Contains(t, text, part, name)
		}
		if name != "fork" { // which reports them for the environment that it copies
			assert.Equal(t, said["plan"], text, name)
			assert.Contains(t, text, "0.0.0.0/0", name)
		}
	}
	assert.NoFileExists(t, started)
	reports, err := doctor.Examine(t.Context(), doctor.Options{Root: root, Environment: "staging"})
	require.NoError(t, err)
	assert.Equal(t, said["plan"], reports[0].Findings[0].What)
	assert.NoFileExists(t, filepath.Join(root, "build"))
}

// fakePulumi puts a script named pulumi on PATH.
func fakePulumi(t *testing.T, script string) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "pulumi"), []byte("#!/bin/sh\n"+script), 0o700))
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

func TestReturnsPulumisExitStatus(t *testing.T) {
	fakePulumi(t, "exit 3\n")
	assert.EqualError(t, runPulumi("up"), "pulumi up: exit status 3")
}

func TestForwardsSIGTERMToPulumi(t *testing.T) {
	ready := filepath.Join(t.TempDir(), "ready")
	fakePulumi(t, "trap 'exit 4' TERM\ntouch "+ready+"\nwhile :; do sleep 0.1; done\n")
	go func() {
		assert.Eventually(t, func() bool { _, err := os.Stat(ready); return err == nil }, 10*time.Second, 10*time.Millisecond)
		assert.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGTERM))
	}()
	assert.EqualError(t, runPulumi("up"), "pulumi up: exit status 4")
}

// A closing terminal must not kill pulumi, which would leave a lock on the state and
// pending operations behind.
func TestClosedTerminalStopsPulumiCleanly(t *testing.T) {
	fakePulumi(t, "kill -HUP $$\nexit 5\n")
	assert.EqualError(t, runPulumi("up"), "pulumi up: exit status 5", "pulumi ignores SIGHUP")

	ready := filepath.Join(t.TempDir(), "ready")
	fakePulumi(t, "trap 'exit 4' TERM\ntouch "+ready+"\nwhile :; do sleep 0.1; done\n")
	go func() {
		assert.Eventually(t, func() bool { _, err := os.Stat(ready); return err == nil }, 10*time.Second, 10*time.Millisecond)
		for range 2 {
			assert.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGHUP))
		}
	}()
	assert.EqualError(t, runPulumi("up"), "pulumi up: exit status 4")
}

// Pulumi exits at once if it receives Ctrl-C twice.
func TestCtrlCIsForwardedOnlyWithoutATerminal(t *testing.T) {
	for terminal, want := range map[bool]string{true: "exit status 0", false: "signal: interrupt"} {
		child := exec.Command("sleep", "0.5")
		require.NoError(t, child.Start())
		signals := make(chan os.Signal, 1)
		signals <- os.Interrupt
		close(signals)
		forward(signals, child.Process, terminal)
		_ = child.Wait()
		assert.Equal(t, want, child.ProcessState.String())
	}
}
