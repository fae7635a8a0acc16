package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"bastide/internal/rehearsal"
)

// rehearse is `bastide rehearse`.
func rehearse() *cobra.Command {
	options := rehearsal.Options{Out: os.Stdout}
	command := &cobra.Command{
		Use:   "rehearse",
		Short: "Bring an environment up on this machine, without a cloud",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			root, err := os.Getwd()
			if err != nil {
				return fmt.Errorf("finding the project: %w", err)
			}
			options.Root = root
			err = rehearsal.Run(command.Context(), options)
			if err != nil && command.Context().Err() != nil {
				return errors.New("interrupted; everything that was started has been stopped")
			}
			return err
		},
	}
	command.Flags().StringVar(&options.Environment, "env", "dev", "environment, as in Pulumi.ENV.yaml, there or in tests/environments")
	command.Flags().StringVar(&options.Dir, "dir", "", "folder to work in and report to (default build/rehearsal/ENV)")
	command.Flags().Float64Var(&options.Scale, "scale", 0, "let calls of the cloud take their typical time, divided by this factor (default: they take no time)")
	command.Flags().BoolVar(&options.Destroy, "destroy", false, "also destroy everything, and bring it up again")
	command.Flags().BoolVar(&options.Keep, "keep", false, "leave the cluster running until Ctrl-C")
	return command
}
