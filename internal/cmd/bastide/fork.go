package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"bastide/environment/fork"
	"bastide/environment/stackfile"
	"bastide/internal/plan"
	"bastide/internal/rehearsal/engine"
)

const forkHelp = `Begin a new environment from one that exists.

Writes Pulumi.NAME.yaml: what is not secret is copied, with its comments. The new
environment gets a Google Cloud project of its own, which no other environment may
have, a network block that overlaps no other one's, and openbaoBootstrap for its first
up. Secrets are not copied; the commands that set them are listed. Nor are the values
of examples, in example.com and the like, and a deletionProtection of false.

With PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE set, the file gets a
salt of its own for that passphrase; otherwise "pulumi stack init" asks for a
passphrase and writes one. Take another passphrase for each environment.

Nothing is written unless the program would accept the result, and no file is ever
written over. At the end the new environment is planned, with placeholders for the
secrets that are still to be set.

Exit status: 0, the environment is written and nothing objects to its plan; 1, it is
written, and the policy pack objects to its plan; 2, nothing was written, or the plan
could not be made, which the message tells.`

// forking is `bastide fork`.
func forking() *cobra.Command {
	var options fork.Options
	command := &cobra.Command{
		Use:   "fork NAME --project PROJECT",
		Short: "Begin a new environment from one that exists",
		Long:  forkHelp,
		Example: `  bastide fork staging --from dev --project acme-staging
  bastide fork production --from staging --project acme-production --network-cidr 10.96.0.0/16
  bastide fork trial --project acme-trial --rehearsal     # never to be brought up`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] == "" {
				return unusable(errors.New("name one new environment: bastide fork NAME --from dev --project PROJECT"))
			}
			return nil
		},
		RunE: func(command *cobra.Command, args []string) (err error) {
			options.To = args[0]
			if options.Root, err = os.Getwd(); err != nil {
				return fmt.Errorf("finding the project: %w", err)
			}
			if options.Salt, err = newSalt(options.Rehearsal); err != nil {
				return unusable(err)
			}
			return begin(command.Context(), options, os.Stdout)
		},
	}
	command.Flags().StringVar(&options.From, "from", "dev", "environment to copy")
	command.Flags().StringVar(&options.Project, "project", "", "Google Cloud project of the new environment, its own")
	command.Flags().StringVar(&options.NetworkCIDR, "network-cidr", "", "its network block, /16 to /20 (default: the next free one, of the size that FROM has)")
	command.Flags().BoolVar(&options.Rehearsal, "rehearsal", false, "make one that is only ever rehearsed")
	return command
}

// newSalt makes a salt for the passphrase that is set, if there is one. One that
// protects nothing is for rehearsals.
func newSalt(rehearsal bool) (string, error) {
	passphrase, given, err := engine.UsersPassphrase()
	if err != nil || !given {
		return "", err
	}
	if !rehearsal && (passphrase == "" || passphrase == engine.Passphrase) {
		return "", errors.New("the passphrase that is set is empty, or the one that everybody knows; set PULUMI_CONFIG_PASSPHRASE_FILE to a file with 20 random characters or more, or unset both and let `pulumi stack init` ask")
	}
	salt, _, err := engine.NewSalt(passphrase)
	return salt, err
}

// begin writes a new environment, says what is left to do, and plans it.
func begin(ctx context.Context, options fork.Options, out io.Writer) error {
	made, err := fork.Prepare(options)
	if err != nil {
		return unusable(err)
	}
	if err := made.Write(); err != nil {
		return unusable(err)
	}
	fmt.Fprintf(out, "%s\nplanning %s\n", written(made), made.To)
	planned, err := plan.Make(ctx, plan.Options{Root: options.Root, Environment: made.To, Pending: made.Pending, Assumed: made.Assumed, Progress: os.Stderr})
	if planned == nil {
		return unusable(fmt.Errorf("%s is written, but could not be planned; `bastide plan %s` tries again: %w", stackfile.Name(made.To), made.To, err))
	}
	path, failed := planned.Write(plan.Options{Root: options.Root, Environment: made.To})
	if failed != nil {
		return unusable(failed)
	}
	fmt.Fprintf(out, "%sall of it: %s\n", planned.Summary(), path)
	return err
}

// written says what was written, and what is left to do, in the order to do it in.
func written(f *fork.Fork) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s is written: a copy of %s in project %s, with the block %s.\n", filepath.Base(f.Path), f.From, f.Project, f.Block)
	for _, note := range f.Notes {
		fmt.Fprintf(&b, "note: %s\n", note)
	}
	if f.Rehearsal {
		fmt.Fprintf(&b, "It is only ever rehearsed: make rehearse ENV=%s\n", f.To)
		if len(f.Commands) == 0 {
			return b.String()
		}
	}
	b.WriteString("\nLeft to do, in this order:\n\n")
	if f.Salt == "" {
		b.WriteString("  export PULUMI_CONFIG_PASSPHRASE_FILE=...\n")
	}
	fmt.Fprintf(&b, "  pulumi stack init %s\n", f.To)
	for _, command := range f.Commands {
		fmt.Fprintf(&b, "  %s\n", command)
	}
	for _, command := range f.Examples {
		fmt.Fprintf(&b, "  %s\n", command)
	}
	if !f.Rehearsal {
		fmt.Fprintf(&b, "  make doctor ENV=%[1]s\n  make preview ENV=%[1]s\n  make up ENV=%[1]s\n  pulumi config set --stack %[1]s bastide:openbaoBootstrap false\n", f.To)
	}
	if f.Salt == "" {
		b.WriteString("\nThe file holds a passphrase of its own, 20 random characters or more.\n")
	}
	if len(f.Commands) > 0 {
		b.WriteString("\n`pulumi config set --secret` asks for the value, so that it is in no history.\n")
	}
	return b.String()
}
