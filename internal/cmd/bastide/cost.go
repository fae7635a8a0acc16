package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"bastide/environment/stackfile"
	"bastide/internal/cost"
)

// estimate tells what an environment costs.
func estimate() *cobra.Command {
	var markdown bool
	command := &cobra.Command{
		Use:   "cost ENV",
		Short: "Estimate what an environment costs in a month",
		Long: "Estimate what an environment costs in a month, line by line, from its settings and the\n" +
			"price table internal/cost/prices.yaml. It needs no account, no passphrase and no engine.",
		Example: "  bastide cost dev\n  make cost ENV=staging",
		RunE: onEnvironment("cost", func(_ *cobra.Command, root, name string) error {
			made, err := estimated(root, name)
			if err != nil {
				return err
			}
			if markdown {
				_, err = fmt.Fprint(os.Stdout, made.Markdown())
				return err
			}
			_, err = fmt.Fprint(os.Stdout, made)
			return err
		}),
	}
	environmentFlag(command)
	command.Flags().BoolVar(&markdown, "markdown", false, "print a Markdown table")
	return command
}

// costLine says what a change of an environment costs, given the project's folder
// before it and after it. What can't be estimated is no reason to have no plan.
func costLine(name string) func(before, after string) (string, error) {
	return func(before, after string) (string, error) {
		is, failed := estimated(after, name)
		if failed != nil {
			return fmt.Sprintf("not estimated: %v", failed), nil
		}
		if before == "" {
			return fmt.Sprintf("approximately %s a month, all of it new", is.Total().Dollars()), nil
		}
		was, failed := estimated(before, name)
		if failed != nil {
			return fmt.Sprintf("approximately %s a month; what it was is not estimated: %v", is.Total().Dollars(), failed), nil
		}
		return cost.Difference(was, is), nil
	}
}

func estimated(root, name string) (cost.Estimate, error) {
	e, err := stackfile.Environment(root, name)
	if err != nil {
		return cost.Estimate{}, err
	}
	return cost.Of(e)
}
