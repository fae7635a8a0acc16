package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"bastide/internal/rehearsal/engine"
)

// policies builds the policy pack, for use with the pulumi CLI itself.
func policies() *cobra.Command {
	return &cobra.Command{
		Use:   "policies",
		Short: "Build the policy pack",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			root, err := os.Getwd()
			if err != nil {
				return fmt.Errorf("finding the project: %w", err)
			}
			built, err := engine.BuildPolicies(command.Context(), root, "", os.Stdout)
			if err != nil {
				return err
			}
			fmt.Fprintf(os.Stdout, "the policy pack is built; type `pulumi preview --policy-pack %s` to use it\n", built.Pack)
			return nil
		},
	}
}
