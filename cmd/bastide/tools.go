package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"bastide/rehearsal/engine"
	"bastide/rehearsal/toolchain"
)

// tools builds what rehearsals and tests need, where one can watch it.
func tools() *cobra.Command {
	return &cobra.Command{
		Use:   "tools",
		Short: "Build the pinned tools, the program and the policy pack, if they are not there",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			root, err := os.Getwd()
			if err != nil {
				return fmt.Errorf("finding the project: %w", err)
			}
			if _, err := toolchain.Pulumi(command.Context(), root, os.Stdout); err != nil {
				return err
			}
			if _, err := toolchain.Kubernetes(command.Context(), root, os.Stdout); err != nil {
				return err
			}
			if _, err := engine.Build(command.Context(), root, os.Stdout); err != nil {
				return err
			}
			_, err = engine.BuildPolicies(command.Context(), root, "", os.Stdout)
			return err
		},
	}
}
