package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"
)

// onCloud wraps one of the CLI's own commands: the same command, on an environment
// that was named and that may be brought up.
func onCloud(operation, short string) *cobra.Command {
	var environment string
	command := &cobra.Command{
		Use:   operation,
		Short: short,
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if err := mayBeReal(".", environment, operation); err != nil {
				return err
			}
			return runPulumi(command.Context(), operation, "--stack", environment)
		},
	}
	command.Flags().StringVar(&environment, "env", "", "environment, as in Pulumi.ENV.yaml")
	return command
}

// mayBeReal refuses to touch a cloud for an environment that nobody named, that
// does not exist, or that is there to be rehearsed only.
func mayBeReal(root, environment, operation string) error {
	if environment == "" {
		return fmt.Errorf("no environment is named; type `make %s ENV=staging`", operation)
	}
	text, err := os.ReadFile(filepath.Join(root, "Pulumi."+environment+".yaml"))
	if err != nil {
		return fmt.Errorf("there is no environment %q: %w", environment, err)
	}
	var stack struct{ Config map[string]any }
	if err := yaml.Unmarshal(text, &stack); err != nil {
		return fmt.Errorf("reading environment %q: %w", environment, err)
	}
	if only, _ := stack.Config["bastide:rehearsal"].(bool); only {
		return fmt.Errorf("environment %q is only ever rehearsed (bastide:rehearsal is true); type `make rehearse ENV=%s`, or name a real one", environment, environment)
	}
	return nil
}

func runPulumi(ctx context.Context, args ...string) error {
	path, err := exec.LookPath("pulumi")
	if err != nil {
		return errors.New("pulumi is not on PATH; see https://www.pulumi.com/docs/install/")
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Cancel = func() error { return nil } // Ctrl-C reaches the CLI itself
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("pulumi %s: %w", args[0], err)
	}
	return nil
}
