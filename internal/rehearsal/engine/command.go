package engine

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"time"

	"bastide/internal/rehearsal/children"
)

// command is the Pulumi CLI, run with exactly the environment variables in env.
type command struct {
	path string
	env  []string
}

// starts counts how often this process has started the CLI. Each start takes about a
// second of CPU time.
var starts atomic.Int64

// Starts returns how often this process has started the CLI.
func Starts() int { return int(starts.Load()) }

// run runs a command of the CLI to its end, and copies its standard output to progress
// unless that is nil. Cancelling the context interrupts the CLI, so that it can end its
// operation properly; if it does not, it is killed.
func (c command) run(ctx context.Context, dir string, progress io.Writer, args ...string) (stdout, stderr string, err error) {
	if progress == nil {
		progress = io.Discard
	}
	starts.Add(1)
	var outText, errText bytes.Buffer
	cmd := exec.CommandContext(ctx, c.path, append([]string{"--non-interactive"}, args...)...)
	cmd.Dir, cmd.Env = dir, c.env
	cmd.Stdout = io.MultiWriter(progress, &outText)
	cmd.Stderr = &errText
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	err = children.Run(cmd, syscall.SIGINT) // on SIGINT the CLI ends its plugins, too
	return outText.String(), errText.String(), err
}
