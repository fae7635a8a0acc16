package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"bastide/internal/doctor"
)

const doctorHelp = `Check, before an up, for problems that would make it fail or lock you out. Changes
nothing.

Checks the settings, for errors, for values of examples (example.com, addresses for
documentation) and for collisions with other environments; Go, pulumi, gcloud and
gke-gcloud-auth-plugin; the backend, the stack and the passphrase; the login to
Google Cloud, missing APIs and permissions, and quotas; whether the admin ranges
contain your own address; when certificates expire and when support of the Kubernetes
version ends; whether the cluster has GKE namespaces that the program does not know;
and whether openbaoBootstrap has the right value. Checks that could not run are
listed with the reason. Each finding says what is wrong, why it matters and what to
type.

Your own address is checked only if you give it, or a URL that answers with the
caller's address as text. No server is asked for it otherwise.

Exit status: 0, nothing blocks an up; 1, something does; 2, the environment could not
be examined.`

// examining is `bastide doctor`.
func examining() *cobra.Command {
	var options doctor.Options
	command := &cobra.Command{
		Use:   "doctor ENV",
		Short: "Check for problems that would make an up fail or lock you out",
		Long:  doctorHelp,
		Example: `  bastide doctor staging
  bastide doctor staging --address 198.51.100.7
  bastide doctor staging --address-from https://ipv4.icanhazip.com`,
		Args: oneEnvironment,
		RunE: func(command *cobra.Command, args []string) (err error) {
			if options.Address != "" && options.AddressFrom != "" {
				return unusable(errors.New("--address and --address-from exclude each other; leave out one of them"))
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
				return errors.New("fix the findings marked BLOCKS before an up")
			}
			return nil
		},
	}
	command.Flags().StringVar(&options.Address, "address", "", "your own public address")
	command.Flags().StringVar(&options.AddressFrom, "address-from", "", "URL that answers with your public address as text")
	return command
}
