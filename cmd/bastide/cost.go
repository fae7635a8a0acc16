package main

import (
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
