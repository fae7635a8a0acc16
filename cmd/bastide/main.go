// Command bastide is the project's helper: what `make` calls.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "\nerror: %v\n", err)
		os.Exit(codeOf(err))
	}
}

// codeError is an error with an exit code of its own, for scripts.
type codeError struct {
	error
	code int
}

func codeOf(err error) int {
	var coded codeError
	if errors.As(err, &coded) {
		return coded.code
	}
	return 1
}

func run() error {
	// The first Ctrl-C winds everything down; the second one kills.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	root := &cobra.Command{
		Use:           "bastide",
		Short:         "Work with the bastide platform",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(
		rehearse(),
		tools(),
		images(),
		policies(),
		estimate(),
		verify(),
		drift(),
		onCloud("preview", "Preview a real environment"),
		onCloud("up", "Bring a real environment up"),
		onCloud("destroy", "Take a real environment down"),
	)
	return root.ExecuteContext(ctx)
}
