// Command bastide is the project's command-line tool, which `make` calls.
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
	ctx, stop := untilSignal()
	defer stop()
	return commands().ExecuteContext(ctx)
}

// commands is the command tree.
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

// untilSignal returns a context that a signal cancels, so that everything stops cleanly. A
// second Ctrl-C kills the process. A closing terminal sends SIGHUP more than once, from the
// shell and from the kernel: those after the first are ignored, and under nohup all are.
func untilSignal() (ctx context.Context, stop context.CancelFunc) {
	base, cancel := context.WithCancel(context.Background())
	if !signal.Ignored(syscall.SIGHUP) {
		hangup := make(chan os.Signal, 1)
		signal.Notify(hangup, syscall.SIGHUP)
		go func() {
			<-hangup
			cancel()
		}()
	}
	ctx, unnotify := signal.NotifyContext(base, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, unnotify)
	return ctx, func() {
		unnotify()
		cancel()
	}
}
