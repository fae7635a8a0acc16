package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"bastide/internal/rehearsal/engine"
)

// drift is `bastide drift`.
func drift() *cobra.Command {
	command := &cobra.Command{
		Use:   "drift ENV",
		Short: "List what was changed in a real environment outside the program",
		Long: "Compare a real environment with the program and its settings, as `pulumi preview --refresh\n" +
			"--expect-no-changes` does, and evaluate it with the policy pack. Nothing is changed.\n\n" +
			"Exit status: 0, there is no drift; 1, there is; 2, the environment could not be compared.",
		Example: "  bastide drift staging\n  make drift ENV=staging",
		RunE: onEnvironmentOr2("drift", func(command *cobra.Command, root, name string) error {
			if err := requireReal(root, name, "drift"); err != nil {
				return err
			}
			policyFlags, err := policyPackFlags(command.Context(), name)
			if err != nil {
				return err
			}
			return findDrift(name, policyFlags)
		}),
	}
	environmentFlag(command)
	return command
}

// findDrift runs a refreshing preview and reads the drift from pulumi's events.
func findDrift(name string, policyFlags []string) (err error) {
	private, err := os.MkdirTemp("", "bastide-drift-")
	if err != nil {
		return fmt.Errorf("creating a folder for pulumi's events: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(private)) }()
	log := filepath.Join(private, "events")
	failed := runPulumi(append(append(append([]string{}, engine.DriftFlags...), "--stack", name, "--event-log", log), policyFlags...)...)
	events, err := os.Open(log)
	if err != nil {
		return errors.Join(failed, fmt.Errorf("reading pulumi's events: %w", err))
	}
	defer events.Close() //nolint:errcheck // it was only read
	outcome, err := engine.ReadOutcome(events)
	if err != nil {
		return errors.Join(failed, err)
	}
	if drifted := outcome.Drifted(); len(drifted) > 0 {
		return deviationError{fmt.Errorf("environment %q has drifted:\n\n  %s\n\n`make up ENV=%s` reverts this, except for fields that another field manager owns (docs/runbooks/drift.md). To keep a change, first put it into the settings or the program",
			name, strings.Join(drifted, "\n  "), name)}
	}
	if failed != nil {
		return failed
	}
	fmt.Fprintf(os.Stdout, "environment %q has no drift\n", name)
	return nil
}
