// Command bench measures how long a newcomer and a developer wait. Times depend on the
// machine, so they are given as a ratio to another time of the same run, or as CPU time;
// packages are counted. With -cold it also builds and tests a clone with empty caches, which
// takes half an hour.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	cold := flag.Bool("cold", false, "also measure a clone with empty caches")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := bench(ctx, os.Stdout, *cold)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, out io.Writer, cold bool) (err error) {
	root, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("finding the project: %w", err)
	}
	dir, err := os.MkdirTemp("", "bastide-bench-")
	if err != nil {
		return fmt.Errorf("creating a folder: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // it is the system's temporary folder
	for _, part := range []func(context.Context, io.Writer, string, string) error{counts, edits, packs, rehearsals} {
		if err := part(ctx, out, root, dir); err != nil {
			return err
		}
	}
	if !cold {
		return nil
	}
	return coldStart(ctx, out, root, dir)
}
