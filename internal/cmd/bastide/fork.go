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

const forkHelp = `Create a new environment from an existing one.

Writes Pulumi.NAME.yaml: settings that are not secret are copied, with their comments.
The new environment gets its own Google Cloud project, which no other environment may
have, a network block that overlaps no other environment's, and openbaoBootstrap for
its first up. Secrets are not copied; the commands that set them are listed. Values of
examples (example.com and the like) and a deletionProtection of false are not copied
either.

With PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE set, the file gets its
own salt for that passphrase; otherwise "pulumi stack init" asks for a passphrase and
writes one. Use a different passphrase for each environment.

Nothing is written unless the program would accept the result, and no file is ever
overwritten. At the end the new environment is planned, with placeholders for the
secrets that are not set yet.

Exit status: 0, the environment is written and its plan has no violations; 1, it is
written, and the policy pack reports violations in its plan; 2, nothing was written,
or the plan could not be made; the message says which.`

// forking is `bastide fork`.
func forking() *cobra.Command {
	var options fork.Options
	command := &cobra.Command{
		Use:   "fork NAME --project PROJECT",
		Short: "Create a new environment from an existing one",
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
	command.Flags().StringVar(&options.Project, "project", "", "Google Cloud project of the new environment, which no other one has")
	command.Flags().StringVar(&options.NetworkCIDR, "network-cidr", "", "its network block, /16 to /20 (default: the next free one of the same size as that of --from)")
	command.Flags().BoolVar(&options.Rehearsal, "rehearsal", false, "create an environment that is only ever rehearsed")
	return command
}

// newSalt makes a salt for the passphrase that is set, if there is one. Only an environment
// for rehearsals may have an empty or public passphrase.
func newSalt(rehearsal bool) (string, error) {
	passphrase, given, err := engine.UsersPassphrase()
	if err != nil || !given {
		return "", err
	}
	if !rehearsal && (passphrase == "" || passphrase == engine.Passphrase) {
		return "", errors.New("the passphrase that is set is empty, or the public one of rehearsals; set PULUMI_CONFIG_PASSPHRASE_FILE to a file with 20 random characters or more, or unset both and let `pulumi stack init` ask")
	}
	salt, _, err := engine.NewSalt(passphrase)
	return salt, err
}

// begin writes a new environment, lists what is left to do, and plans it.
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
		return unusable(fmt.Errorf("%s is written, but could not be planned; type `bastide plan %s` to try again: %w", stackfile.Name(made.To), made.To, err))
	}
	path, failed := planned.Write(plan.Options{Root: options.Root, Environment: made.To})
	if failed != nil {
		return unusable(failed)
	}
	fmt.Fprintf(out, "%sall inputs: %s\n", planned.Summary(), path)
	return err
}

// written says what was written and lists what is left to do, in order.
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
		b.WriteString("\nThe file holds the environment's own passphrase, 20 random characters or more.\n")
	}
	if len(f.Commands) > 0 {
		b.WriteString("\n`pulumi config set --secret` asks for the value, so that it is not in the shell's history.\n")
	}
	return b.String()
}
