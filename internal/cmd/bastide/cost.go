package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"bastide/environment/stackfile"
	"bastide/internal/cost"
)

// estimate is `bastide cost`.
func estimate() *cobra.Command {
	var markdown bool
	command := &cobra.Command{
		Use:   "cost ENV",
		Short: "Estimate what an environment costs in a month",
		Long: "Estimate what an environment costs in a month, line by line, from its settings and the\n" +
			"price table internal/cost/prices.yaml. It needs no account, no passphrase and no engine.",
		Example: "  bastide cost dev\n  make cost ENV=staging",
		RunE: onEnvironment("cost", func(_ *cobra.Command, root, name string) error {
			estimate, err := estimated(root, name)
			if err != nil {
				return err
			}
			if markdown {
				_, err = fmt.Fprint(os.Stdout, estimate.Markdown())
				return err
			}
			_, err = fmt.Fprint(os.Stdout, estimate)
			return err
		}),
	}
	environmentFlag(command)
	command.Flags().BoolVar(&markdown, "markdown", false, "print a Markdown table")
	return command
}

// costLine says what a change of an environment costs, given the project's folder before
// and after the change. It never fails, since a plan is useful without an estimate, too.
func costLine(name string) func(before, after string) (string, error) {
	return func(before, after string) (string, error) {
		now, failed := estimated(after, name)
		if failed != nil {
			return fmt.Sprintf("not estimated: %v", failed), nil
		}
		if before == "" {
			return fmt.Sprintf("approximately %s a month, all of it new", now.Total().Dollars()), nil
		}
		was, failed := estimated(before, name)
		if failed != nil {
			return fmt.Sprintf("approximately %s a month; the cost before is not estimated: %v", now.Total().Dollars(), failed), nil
		}
		return cost.Difference(was, now), nil
	}
}

func estimated(root, name string) (cost.Estimate, error) {
	e, err := stackfile.Environment(root, name)
	if err != nil {
		return cost.Estimate{}, err
	}
	return cost.Of(e)
}
