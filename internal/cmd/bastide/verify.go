package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"bastide/environment/stackfile"
	"bastide/internal/live"
	"bastide/internal/rehearsal"
)

// verify holds a running environment against the table of controls.
func verify() *cobra.Command {
	var options live.Options
	command := &cobra.Command{
		Use:   "verify ENV",
		Short: "Hold a running environment against the controls, and change nothing",
		Long: "Hold a running environment against the table of controls: what is in the cluster, by the\n" +
			"kubeconfig that kubectl would use, and what Google Cloud says, by gcloud. Both are only read.\n" +
			"What you may not see is not checked, and says why. Namespaces that look like GKE's and that\n" +
			"the program does not know are named, with the setting to type.\n\n" +
			"It ends with 0 if nothing that should be met is not, 1 if something is or if there is such a\n" +
			"namespace, 2 if nothing could be checked or the kubeconfig is that of another environment.",
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
	if options.Environment, err = file.Closed(root, name); err != nil {
		return err
	}
	options.Rehearsed = fmt.Sprint(file.Settings["bastide:rehearsal"]) == "true"
	report, err := live.Verify(command.Context(), options)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "%s", report)
	if surprises := report.Surprises(); surprises > 0 {
		return surpriseError{fmt.Errorf("%d controls are not met; `make drift ENV=%s` tells whether somebody changed something", surprises, name)}
	}
	if unknown := len(report.Unknown); unknown > 0 {
		return surpriseError{fmt.Errorf("%d namespaces look like GKE's and are in no list; what to type stands beside them", unknown)}
	}
	return nil
}
