package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

// environmentFlag lets an environment be named by --env as well as by itself, so
// that make can pass on whatever was typed.
func environmentFlag(command *cobra.Command) {
	command.Flags().String("env", "", "environment, as in Pulumi.ENV.yaml")
}

// onEnvironment wraps what is done with one environment of the project in this
// folder.
func onEnvironment(operation string, do func(command *cobra.Command, root, name string) error) func(*cobra.Command, []string) error {
	return func(command *cobra.Command, args []string) error {
		name, err := command.Flags().GetString("env")
		if err != nil {
			return err
		}
		switch {
		case len(args) > 1 || len(args) == 1 && name != "":
			return fmt.Errorf("name one environment; type `bastide %s ENV`", operation)
		case len(args) == 1:
			name = args[0]
		}
		if name == "" {
			return fmt.Errorf("no environment is named; type `bastide %s ENV`", operation)
		}
		root, err := os.Getwd()
		if err != nil {
			return errors.Join(errors.New("finding the project"), err)
		}
		return do(command, root, name)
	}
}

// surpriseError says that something is not as it should be.
type surpriseError struct{ error }

// onEnvironmentOr2 is onEnvironment for commands that tell by their exit code
// whether they found something (1) or could not look (2).
func onEnvironmentOr2(operation string, do func(command *cobra.Command, root, name string) error) func(*cobra.Command, []string) error {
	run := onEnvironment(operation, do)
	return func(command *cobra.Command, args []string) error {
		err := run(command, args)
		if err == nil || errors.As(err, new(surpriseError)) {
			return err
		}
		return unusable(err)
	}
}
