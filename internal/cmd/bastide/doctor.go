package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"bastide/internal/doctor"
)

const doctorHelp = `Look, before an up, for what would stop it or lock you out. Changes nothing.

Examines the settings, that they have no values of examples (example.com, addresses
for documentation) and that they collide with no other environment's; Go, pulumi,
gcloud and gke-gcloud-auth-plugin; the backend, the stack and the passphrase; the
login to Google Cloud, the APIs and permissions that the account lacks, and quotas;
whether your own address is among the admin ranges; when certificates and the
Kubernetes version end; whether the cluster has namespaces of GKE's that the program
does not know; and whether openbaoBootstrap is as it should be. What can't be looked
at is named, with the reason. Each finding says what is wrong, why it matters and
what to type.

Your own address is only looked at if you give it, or name a source that answers
with the caller's address as text. No source is asked otherwise.

Exit status: 0, nothing stops an up; 1, something does; 2, the environment could not
be examined.`

// examining is `bastide doctor`.
func examining() *cobra.Command {
	var options doctor.Options
	command := &cobra.Command{
		Use:   "doctor ENV",
		Short: "Look for what would stop an up, or lock you out",
		Long:  doctorHelp,
		Example: `  bastide doctor staging
  bastide doctor staging --address 198.51.100.7
  bastide doctor staging --address-from https://ipv4.icanhazip.com`,
		Args: oneEnvironment,
		RunE: func(command *cobra.Command, args []string) (err error) {
			if options.Address != "" && options.AddressFrom != "" {
				return unusable(errors.New("there is one address to look at; leave out --address or --address-from"))
			}
			options.Environment = args[0]
			if options.Root, err = os.Getwd(); err != nil {
				return unusable(fmt.Errorf("finding the project: %w", err))
			}
			reports, err := doctor.Examine(command.Context(), options)
			if err != nil {
				return unusable(err)
			}
			doctor.Write(os.Stdout, reports)
			if doctor.Blocks(reports) {
				return errors.New("what is marked BLOCKS has to be mended before an up")
			}
			return nil
		},
	}
	command.Flags().StringVar(&options.Address, "address", "", "your own public address")
	command.Flags().StringVar(&options.AddressFrom, "address-from", "", "URL that answers with it")
	return command
}
