// Command build compiles what make targets run: the helper, or everything that
// rehearsals and tests need. It imports next to nothing, so that it is there within
// seconds on a machine where nothing was ever compiled, and tells how far the rest is.
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
			_, err = toolchain.Prepare(ctx, root, os.Stdout, nil)
		}
	default:
		return errors.New("name what is to be built: helper or all")
	}
	if err != nil && ctx.Err() != nil {
		return errors.New("interrupted; what was compiled so far will not be compiled again")
	}
	return err
}
