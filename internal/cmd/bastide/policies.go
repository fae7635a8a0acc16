package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"bastide/internal/rehearsal/engine"
)

// policies builds the policy pack, for those who call pulumi themselves.
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
			fmt.Fprintf(os.Stdout, "built; pulumi preview --policy-pack %s\n", built.Pack)
			return nil
		},
	}
}
