// Command build compiles the binaries that make targets run: the helper, or everything that
// rehearsals and tests need, and reports its progress. It imports almost nothing, so that it
// is built within seconds on a machine with an empty build cache.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"bastide/internal/rehearsal/toolchain"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "\nerror: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	root, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("finding the project: %w", err)
	}
	switch strings.Join(args, " ") {
	case "helper":
		_, err = toolchain.Helper(ctx, root, os.Stdout)
	case "all":
		if _, err = toolchain.Helper(ctx, root, os.Stdout); err == nil {
			_, err = toolchain.Prepare(ctx, root, os.Stdout)
		}
	default:
		return errors.New("name what to build; type helper or all")
	}
	if err != nil && ctx.Err() != nil {
		return errors.New("interrupted; packages that are compiled already will not be compiled again")
	}
	return err
}
