package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

// environmentFlag adds --env, which names the environment like the argument does. With it
// make can pass on any text that was typed.
func environmentFlag(command *cobra.Command) {
	command.Flags().String("env", "", "environment, as in Pulumi.ENV.yaml")
}

// onEnvironment makes a RunE of a function that works on one environment of the project in
// the current folder.
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

// deviationError says that an environment is not as it should be.
type deviationError struct{ error }

// onEnvironmentOr2 is onEnvironment for commands that exit with status 1 if they found a
// deviation, and with 2 if they failed.
func onEnvironmentOr2(operation string, do func(command *cobra.Command, root, name string) error) func(*cobra.Command, []string) error {
	run := onEnvironment(operation, do)
	return func(command *cobra.Command, args []string) error {
		err := run(command, args)
		if err == nil || errors.As(err, new(deviationError)) {
			return err
		}
		return unusable(err)
	}
}
