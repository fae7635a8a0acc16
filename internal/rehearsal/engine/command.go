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

// command is the Pulumi CLI, run with an environment of ours alone.
type command struct {
	path string
	env  []string
}

// starts counts the starts of the CLI in this process, each about a second of CPU time.
var starts atomic.Int64

// Starts tells how often the CLI was started in this process.
func Starts() int { return int(starts.Load()) }

// run runs a command of the CLI to its end, and shows what it prints to progress, if
// there is one. A cancelled context interrupts the CLI, which then winds its operation
// down; one that does not is killed.
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
	err = children.Run(cmd, syscall.SIGINT) // it ends its plugins then
	return outText.String(), errText.String(), err
}
