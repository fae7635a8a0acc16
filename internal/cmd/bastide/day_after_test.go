package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fakeEventLog puts a script named pulumi on PATH that writes a log of events and then runs
// a command.
func fakeEventLog(t *testing.T, events, end string) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "events")
	require.NoError(t, os.WriteFile(log, []byte(events), 0o600))
	fakePulumi(t, `echo "$*" >> `+log+`.calls
[ "$PULUMI_DEBUG_COMMANDS" = true ] || exit 255 # unknown flag: --event-log
while [ "$1" != --event-log ]; do shift; done
cp `+log+` "$2"
`+end+"\n")
	t.Setenv("CALLS", log+".calls")
	t.Setenv("TMPDIR", t.TempDir())
}

const updated = `{"resOutputsEvent":{"metadata":{"op":"update","urn":"urn:pulumi:staging::bastide::bastide:components:Network$gcp:compute/firewall:Firewall::network-deny-ingress"}}}
{"resOutputsEvent":{"metadata":{"op":"same","urn":"urn:pulumi:staging::bastide::gcp:compute/network:Network::network-vpc"}}}
`

func TestDriftListsChangedResourcesAndDeletesTheEvents(t *testing.T) {
	fakeEventLog(t, updated, "exit 255")
	err := findDrift("staging", []string{"--policy-pack", "pack"})
	require.ErrorAs(t, err, new(deviationError))
	assert.ErrorContains(t, err, "network-deny-ingress (Firewall) was changed; up would revert it")
	assert.ErrorContains(t, err, "`make up ENV=staging` reverts this")
	assert.NotContains(t, err.Error(), "network-vpc")
	calls, err := os.ReadFile(os.Getenv("CALLS"))
	require.NoError(t, err)
	assert.Regexp(t, `^preview --refresh --expect-no-changes --stack staging --event-log \S+/events --policy-pack pack\n$`, string(calls))
	left, err := filepath.Glob(os.TempDir() + "/*")
	require.NoError(t, err)
	assert.Empty(t, left, "the events hold the inputs of all resources")
}

func TestDriftSucceedsWithoutChanges(t *testing.T) {
	fakeEventLog(t, "", "exit 0")
	assert.NoError(t, findDrift("staging", nil))
}

// A failed preview does not show that there is no drift.
func TestFailedPreviewIsAnErrorAndNotDrift(t *testing.T) {
	fakeEventLog(t, "", "exit 255")
	err := findDrift("staging", nil)
	require.ErrorContains(t, err, "pulumi preview: exit status 255")
	assert.NotErrorAs(t, err, new(deviationError))
	fakeEventLog(t, "not json", "exit 0")
	assert.ErrorContains(t, findDrift("staging", nil), "reading pulumi's events")
}

// Scripts rely on the exit status: 1 means that something was found, 2 that the command failed.
func TestExitStatusTellsFindingsFromFailures(t *testing.T) {
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "none"))
	for _, make := range []func() *cobra.Command{verify, drift} {
		for _, args := range [][]string{{}, {"nowhere"}, {"a", "b"}, {"a b"}, {"dev", "--env", "dev"}} {
			command := make()
			command.SilenceErrors, command.SilenceUsage = true, true
			command.SetArgs(args)
			err := command.ExecuteContext(context.Background())
			require.Error(t, err, args)
			assert.Equal(t, 2, status(err), "%s %q: %v", command.Name(), args, err)
		}
	}
	assert.Equal(t, 1, status(deviationError{errors.New("found")}))
	assert.Equal(t, 1, status(errors.New("anything")))
}
