// Package children starts processes that don't outlive this one: where the system
// can, they are tied to its life (tie_linux.go). What is left all the same, or where
// the system can't, a later run finds in a book (book.go) and ends.
package children

import (
	"errors"
	"fmt"
	"os/exec"
	"syscall"
)

// Start starts a command as exec.Cmd does. When this process ends, however that
// comes, it gets the signal. It is in a process group of its own, so that what is
// typed at a terminal reaches it through us, once, and a terminal that closes
// doesn't end it before its time.
func Start(cmd *exec.Cmd, last syscall.Signal) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	if err := startTied(cmd, last); err != nil {
		return err
	}
	if err := note(cmd.Process.Pid); err != nil {
		return errors.Join(fmt.Errorf("noting what was started: %w", err), cmd.Process.Kill(), cmd.Wait())
	}
	return nil
}

// Run is Start, and waits for the end.
func Run(cmd *exec.Cmd, last syscall.Signal) error {
	if err := Start(cmd, last); err != nil {
		return err
	}
	return cmd.Wait()
}
