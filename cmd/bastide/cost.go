package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"bastide/cost"
	"bastide/rehearsal/engine"
)

// estimate tells what an environment costs.
func estimate() *cobra.Command {
	var markdown bool
	command := &cobra.Command{
		Use:   "cost ENV",
		Short: "Estimate what an environment costs in a month",
		Long: "Estimate what an environment costs in a month, line by line, from its settings and the\n" +
			"price table cost/prices.yaml. It needs no account, no passphrase and no engine.",
		Example: "  bastide cost dev\n  make cost ENV=staging",
		RunE: onEnvironment("cost", func(_ *cobra.Command, root, name string) error {
			e, err := engine.Environment(root, name)
			if err != nil {
				return err
			}
			estimated, err := cost.Of(e)
			if err != nil {
				return err
			}
			if markdown {
				_, err = fmt.Fprint(os.Stdout, estimated.Markdown())
				return err
			}
			_, err = fmt.Fprint(os.Stdout, estimated)
			return err
		}),
	}
	environmentFlag(command)
	command.Flags().BoolVar(&markdown, "markdown", false, "print a Markdown table")
	return command
}

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
