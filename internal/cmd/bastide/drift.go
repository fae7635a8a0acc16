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

// drift tells what was changed behind the program's back.
func drift() *cobra.Command {
	command := &cobra.Command{
		Use:   "drift ENV",
		Short: "Tell what was changed in a real environment behind the program's back",
		Long: "Compare a real environment with the program and its settings, as `pulumi preview --refresh\n" +
			"--expect-no-changes` does, judged by the policy pack. Nothing is changed.\n\n" +
			"It ends with 0 if everything is as it should be, 1 if something is not, 2 if it could not tell.",
		Example: "  bastide drift staging\n  make drift ENV=staging",
		RunE: onEnvironmentOr2("drift", func(command *cobra.Command, root, name string) error {
			if err := mayBeReal(root, name, "drift"); err != nil {
				return err
			}
			judged, err := judgedBy(command.Context(), name)
			if err != nil {
				return err
			}
			return findDrift(name, judged)
		}),
	}
	environmentFlag(command)
	return command
}

// findDrift has pulumi look, and reads from its events what it found.
func findDrift(name string, judged []string) (err error) {
	private, err := os.MkdirTemp("", "bastide-drift-")
	if err != nil {
		return fmt.Errorf("making room for pulumi's events: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(private)) }()
	log := filepath.Join(private, "events")
	failed := runPulumi(append(append(append([]string{}, engine.DriftFlags...), "--stack", name, "--event-log", log), judged...)...)
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
		return surpriseError{fmt.Errorf("environment %q is not as it should be:\n\n  %s\n\n`make up ENV=%s` sets it back, but for fields that somebody holds: docs/runbooks/drift.md. Keep a change by writing it into the settings or the program first",
			name, strings.Join(drifted, "\n  "), name)}
	}
	if failed != nil {
		return failed
	}
	fmt.Fprintf(os.Stdout, "environment %q is as it should be\n", name)
	return nil
}
