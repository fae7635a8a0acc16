package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"bastide/environment/stackfile"
	"bastide/internal/live"
	"bastide/internal/rehearsal"
)

// verify is `bastide verify`: it evaluates the controls on a running environment.
func verify() *cobra.Command {
	var options live.Options
	command := &cobra.Command{
		Use:   "verify ENV",
		Short: "Evaluate the controls on a running environment, and change nothing",
		Long: "Evaluate the controls on a running environment: on the objects in the cluster, through the\n" +
			"kubeconfig that kubectl would use, and on Google Cloud's resources, through gcloud. Both are\n" +
			"only read. Controls that need rights which you lack are not checked, and say so. Namespaces\n" +
			"that look like GKE's and that the program does not know are listed, with the setting to type.\n\n" +
			"Exit status: 0, every control is met that should be; 1, one is not, or there is such a\n" +
			"namespace; 2, nothing could be checked, or the kubeconfig is that of another environment.",
		Example: "  bastide verify staging\n  make live ENV=staging\n  bastide verify dev --kubeconfig build/rehearsal/dev/kubernetes/kubeconfig   # beside `make rehearse KEEP=1`",
		RunE: onEnvironmentOr2("verify", func(command *cobra.Command, root, name string) error {
			return verifyLive(command, root, name, options)
		}),
	}
	environmentFlag(command)
	command.Flags().StringVar(&options.Kubeconfig, "kubeconfig", "", "kubeconfig (default as for kubectl)")
	command.Flags().StringVar(&options.Context, "context", "", "context in the kubeconfig (default the current one)")
	return command
}

func verifyLive(command *cobra.Command, root, name string, options live.Options) (err error) {
	file, err := stackfile.Read(rehearsal.Folder(root, name), name)
	if err != nil {
		return err
	}
	if options.Environment, err = file.LoadWithPlaceholders(root, name); err != nil {
		return err
	}
	options.Rehearsed = fmt.Sprint(file.Settings["bastide:rehearsal"]) == "true"
	report, err := live.Verify(command.Context(), options)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "%s", report)
	if unmet := report.Unmet(); unmet > 0 {
		return deviationError{fmt.Errorf("%d controls are not met; type `make drift ENV=%s` to see whether something was changed outside the program", unmet, name)}
	}
	if unknown := len(report.Unknown); unknown > 0 {
		return deviationError{fmt.Errorf("%d namespaces look like GKE's and are unknown to the program; the commands to type are listed with them", unknown)}
	}
	return nil
}
