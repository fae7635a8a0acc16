package engine

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/blang/semver"
)

// command is the Pulumi CLI, run with an environment of ours alone. It
// implements auto.PulumiCommand, whose own implementation passes on whatever
// the user's shell holds.
type command struct {
	path    string
	version semver.Version
	env     []string
}

// Version implements auto.PulumiCommand.
func (c command) Version() semver.Version { return c.version }

// Run implements auto.PulumiCommand. A cancelled context interrupts the CLI,
// which then winds its operation down; one that does not is killed.
func (c command) Run(
	ctx context.Context, dir string, stdin io.Reader, outs, errs []io.Writer, env []string, args ...string,
) (stdout, stderr string, code int, err error) {
	var outText, errText bytes.Buffer
	cmd := exec.CommandContext(ctx, c.path, append([]string{"--non-interactive"}, args...)...)
	cmd.Dir, cmd.Stdin = dir, stdin
	cmd.Env = append(append([]string{}, c.env...), env...)
	cmd.Stdout = io.MultiWriter(append(outs, &outText)...)
	cmd.Stderr = io.MultiWriter(append(errs, &errText)...)
	// A group of its own: Ctrl-C reaches the CLI through us, once.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	err = cmd.Run()
	code = -1
	var exit *exec.ExitError
	switch {
	case err == nil:
		code = 0
	case errors.As(err, &exit):
		code = exit.ExitCode()
	}
	return outText.String(), errText.String(), code, err
}
