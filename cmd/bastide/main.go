// Command bastide is the project's helper: what `make` calls.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "\nerror: %v\n", err)
		os.Exit(status(err))
	}
}

func run() error {
	// The first Ctrl-C winds everything down; the second one kills.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return commands().ExecuteContext(ctx)
}

// commands are all that the helper can do.
func commands() *cobra.Command {
	root := &cobra.Command{
		Use:           "bastide",
		Short:         "Work with the bastide platform",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(
		rehearse(),
		images(),
		policies(),
		planning(),
		forking(),
		examining(),
		estimate(),
		verify(),
		drift(),
		onCloud("preview", "Preview a real environment"),
		onCloud("up", "Bring a real environment up"),
		onCloud("destroy", "Take a real environment down"),
	)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return unusable(err) })
	return root
}
