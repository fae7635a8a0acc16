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

// logging is a pulumi that writes a log of events and ends as it is told.
func logging(t *testing.T, events, end string) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "events")
	require.NoError(t, os.WriteFile(log, []byte(events), 0o600))
	pretend(t, `echo "$*" >> `+log+`.calls
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

func TestDriftSaysWhatAndForgetsTheRest(t *testing.T) {
	logging(t, updated, "exit 255")
	err := findDrift("staging", []string{"--policy-pack", "pack"})
	require.ErrorAs(t, err, new(surpriseError))
	assert.ErrorContains(t, err, "network-deny-ingress (Firewall) was changed; up would revert it")
	assert.ErrorContains(t, err, "`make up ENV=staging` sets it back")
	assert.NotContains(t, err.Error(), "network-vpc")
	calls, err := os.ReadFile(os.Getenv("CALLS"))
	require.NoError(t, err)
	assert.Regexp(t, `^preview --refresh --expect-no-changes --stack staging --event-log \S+/events --policy-pack pack\n$`, string(calls))
	left, err := filepath.Glob(os.TempDir() + "/*")
	require.NoError(t, err)
	assert.Empty(t, left, "events hold whole resources")
}

func TestNoDriftIsNoError(t *testing.T) {
	logging(t, "", "exit 0")
	assert.NoError(t, findDrift("staging", nil))
}

// A preview that fails has not told that there is no drift.
func TestAFailedPreviewIsNoDrift(t *testing.T) {
	logging(t, "", "exit 255")
	err := findDrift("staging", nil)
	require.ErrorContains(t, err, "pulumi preview: exit status 255")
	assert.NotErrorAs(t, err, new(surpriseError))
	logging(t, "not json", "exit 0")
	assert.ErrorContains(t, findDrift("staging", nil), "reading pulumi's events")
}

// Exit codes are for scripts: 1 is something found, 2 is that nobody could look.
func TestExitCodes(t *testing.T) {
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
	assert.Equal(t, 1, status(surpriseError{errors.New("found")}))
	assert.Equal(t, 1, status(errors.New("anything")))
}
