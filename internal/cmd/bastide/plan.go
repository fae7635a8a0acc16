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

const planHelp = `Tell what an environment would hold, or what a change would do to it.

Without --against, lists every resource that the environment would hold, with the
verdict of the policy pack, as if nothing of it existed yet. With --against REF,
brings the environment up as that revision has it, on the simulated cloud, and tells
what the working tree would add, change, REPLACE and remove, as Markdown for a
comment on a pull request.

No passphrase, no credentials and no cluster are needed, and nothing is decrypted:
placeholders, encrypted as well, take the place of what is encrypted. --against needs
the Kubernetes control plane that rehearsals run on, and builds it if need be.

Progress goes to the standard error, the result to the standard output and, whole,
to build/plan/ENV/.

Exit status: 0, the plan is complete and nothing objects to it; 1, the policy pack
objects to it, or the preview failed; 2, it could not be made.`

// planning is `bastide plan`.
func planning() *cobra.Command {
	var against string
	var full bool
	var limit int
	command := &cobra.Command{
		Use:   "plan ENV",
		Short: "Tell what an environment would hold, or what a change would do to it",
		Long:  planHelp,
		Example: `  bastide plan staging                        # everything that staging would hold
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
					return unusable(errors.New("a comparison lists no inputs; leave out --full or --against"))
				}
				return compare(command.Context(), options, against, limit, os.Stdout)
			}
			return planAll(command.Context(), options, full, os.Stdout)
		},
	}
	command.Flags().StringVar(&against, "against", "", "git revision to compare with")
	command.Flags().IntVar(&limit, "limit", plan.Limit, "longest comparison to print, in bytes; the whole one goes to a file")
	command.Flags().BoolVar(&full, "full", false, "print all inputs, as YAML")
	return command
}

// oneEnvironment wants one argument, the environment.
func oneEnvironment(command *cobra.Command, args []string) error {
	if len(args) != 1 || args[0] == "" {
		return unusable(fmt.Errorf("name one environment: bastide %s staging, or make %s ENV=staging", command.Name(), command.Name()))
	}
	return nil
}

// planAll plans an environment from nothing.
func planAll(ctx context.Context, options plan.Options, full bool, out io.Writer) error {
	made, err := plan.Make(ctx, options)
	if made == nil {
		return unmade(ctx, err)
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

// compare tells what the working tree changes.
func compare(ctx context.Context, options plan.Options, against string, limit int, out io.Writer) error {
	made, err := plan.Compare(ctx, options, against)
	if made == nil || errors.Is(err, context.Canceled) {
		return unmade(ctx, err)
	}
	path, failed := made.Write(options)
	if failed != nil {
		return unusable(failed)
	}
	fmt.Fprintf(out, "%s", made.Markdown(limit))
	fmt.Fprintf(options.Progress, "whole: %s\n", path)
	return err
}

// unmade is the error of a plan that there is nothing of.
func unmade(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return unusable(errors.New("interrupted; everything that was started has been stopped, and nothing is left behind"))
	}
	return unusable(err)
}
