package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"bastide/internal/plan"
)

const planHelp = `List the resources that an environment would have, or what a change would do to them.

Without --against, lists every resource of the environment and the results of the
policy pack, as if the environment were created from nothing. With --against REF,
brings the environment up from that revision, on the simulated cloud, and lists what
the working tree would add, change, REPLACE and remove, as Markdown for a comment on
a pull request.

No passphrase, no credentials and no cluster are needed, and nothing is decrypted:
placeholders, which are encrypted too, replace the encrypted settings. --against needs
the Kubernetes control plane that rehearsals use, and builds it if necessary.

Progress is written to standard error, the result to standard output. The complete
result is also written to build/plan/ENV/.

Exit status: 0, the plan is complete and has no violations; 1, the policy pack reports
violations, or the preview failed; 2, the plan could not be made.`

// planning is `bastide plan`.
func planning() *cobra.Command {
	var against string
	var full bool
	var limit int
	command := &cobra.Command{
		Use:   "plan ENV",
		Short: "List what an environment would have, or what a change would do to it",
		Long:  planHelp,
		Example: `  bastide plan staging                        # all resources that staging would have
  bastide plan staging --full                 # with all inputs, as YAML
  bastide plan staging --against main         # what this branch would change
  bastide plan staging --against HEAD         # what is not committed yet`,
		Args: oneEnvironment,
		RunE: func(command *cobra.Command, args []string) error {
			root, err := os.Getwd()
			if err != nil {
				return fmt.Errorf("finding the project: %w", err)
			}
			options := plan.Options{Root: root, Environment: args[0], Progress: os.Stderr, CostLine: costLine(args[0])}
			if command.Flags().Changed("against") {
				if full {
					return unusable(errors.New("--full and --against exclude each other, because a comparison lists no inputs; leave out one of them"))
				}
				return compare(command.Context(), options, against, limit, os.Stdout)
			}
			return planAll(command.Context(), options, full, os.Stdout)
		},
	}
	command.Flags().StringVar(&against, "against", "", "git revision to compare with")
	command.Flags().IntVar(&limit, "limit", plan.Limit, "maximum length of the printed comparison, in bytes; the complete one is written to a file")
	command.Flags().BoolVar(&full, "full", false, "print all inputs, as YAML")
	return command
}

// oneEnvironment requires one argument, the environment.
func oneEnvironment(command *cobra.Command, args []string) error {
	if len(args) != 1 || args[0] == "" {
		return unusable(fmt.Errorf("name one environment; type `bastide %s staging`, or `make %s ENV=staging`", command.Name(), command.Name()))
	}
	return nil
}

// planAll plans an environment from nothing.
func planAll(ctx context.Context, options plan.Options, full bool, out io.Writer) error {
	made, err := plan.Make(ctx, options)
	if made == nil {
		return noPlan(ctx, err)
	}
	path, failed := made.Write(options)
	if failed != nil {
		return unusable(failed)
	}
	text := made.String()
	if full {
		inventory, failed := made.Inventory.YAML()
		if failed != nil {
			return unusable(failed)
		}
		text = string(inventory)
	}
	fmt.Fprintf(out, "%s", text)
	fmt.Fprintf(options.Progress, "all inputs: %s\n", path)
	return err
}

// compare prints what the working tree changes.
func compare(ctx context.Context, options plan.Options, against string, limit int, out io.Writer) error {
	made, err := plan.Compare(ctx, options, against)
	if made == nil || errors.Is(err, context.Canceled) {
		return noPlan(ctx, err)
	}
	path, failed := made.Write(options)
	if failed != nil {
		return unusable(failed)
	}
	fmt.Fprintf(out, "%s", made.Markdown(limit))
	fmt.Fprintf(options.Progress, "complete comparison: %s\n", path)
	return err
}

// noPlan is the error if there is no plan at all, not even an incomplete one.
func noPlan(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return unusable(errors.New("interrupted; everything that was started has been stopped, and nothing is left behind"))
	}
	return unusable(err)
}
