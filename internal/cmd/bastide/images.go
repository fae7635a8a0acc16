package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"bastide/environment"
	"bastide/environment/stackfile"
	"bastide/internal/rehearsal/engine"
	"bastide/internal/rehearsal/toolchain"
)

// images is `bastide images`: it compares the pinned digests with the registries' current ones.
func images() *cobra.Command {
	var environment string
	command := &cobra.Command{
		Use:   "images",
		Short: "Compare the pinned image digests with the registries",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			root, err := os.Getwd()
			if err != nil {
				return fmt.Errorf("finding the project: %w", err)
			}
			pinned, err := pinnedImages(root, environment)
			if err != nil {
				return err
			}
			crane, err := toolchain.Crane(command.Context(), root, os.Stdout)
			if err != nil {
				return err
			}
			return compareImages(command.Context(), crane, pinned, os.Stdout)
		},
	}
	command.Flags().StringVar(&environment, "env", "", "environment whose images to compare (default: the images that Pulumi.yaml pins)")
	return command
}

// pinnedImages are the settings that name an image: the environment's, or else the defaults.
func pinnedImages(root, environment string) (map[string]string, error) {
	defaults, err := stackfile.Defaults(root)
	if err != nil {
		return nil, err
	}
	settings := map[string]any{}
	if environment != "" {
		if settings, err = engine.Settings(root, environment); err != nil {
			return nil, err
		}
	}
	pinned := map[string]string{}
	for key, value := range defaults {
		image, given := settings[key]
		if !given {
			image = value
		}
		if strings.HasSuffix(key, "Image") {
			pinned[key] = fmt.Sprint(image)
		}
	}
	return pinned, nil
}

// compareImages asks the registries for the digest of each tag, and compares it with the pinned one.
func compareImages(ctx context.Context, crane string, pinned map[string]string, out io.Writer) error {
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(pinned)) {
		tag, digest, _ := strings.Cut(pinned[key], "@")
		cmd := exec.CommandContext(ctx, crane, "digest", tag)
		cmd.Stderr = os.Stderr
		answer, err := cmd.Output()
		today := strings.TrimSpace(string(answer))
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("%s: asking the registry about %s: %w", key, tag, err))
		case today != digest:
			errs = append(errs, fmt.Errorf("%s: %s is %s today, and pinned as %q; find out why, then type `%s`", key, tag, today, digest, environment.Command("pulumi", "config", "set", key, tag+"@"+today)))
		default:
			fmt.Fprintf(out, "%s: %s is still %s\n", key, tag, digest)
		}
	}
	return errors.Join(errs...)
}
