// Package children starts processes that don't outlive this one. Where the system
// supports it, the kernel ends them with this process (tie_linux.go). A later run ends
// those that remain: it finds them in a registry (registry.go).
package children

import (
	"errors"
	"fmt"
	"os/exec"
	"syscall"
)

// ShortLived are the variables of the environment with which a Go program does not collect
// garbage below 1 GiB, which saves time if it does not run for long.
var ShortLived = []string{"GOGC=off", "GOMEMLIMIT=1GiB"}

// Start starts a command as exec.Cmd does. When this process ends, for whatever reason,
// the kernel sends the command the signal last. The command runs in a process group of
// its own, so that Ctrl-C in a terminal reaches it once, through this process, and a
// terminal that closes doesn't end it prematurely.
func Start(cmd *exec.Cmd, last syscall.Signal) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	if err := startTied(cmd, last); err != nil {
		return err
	}
	if err := record(cmd.Process.Pid); err != nil {
		return errors.Join(fmt.Errorf("recording the process %s: %w", cmd.Path, err), cmd.Process.Kill(), cmd.Wait())
	}
	return nil
}

// Run calls Start, and waits for the command to end.
func Run(cmd *exec.Cmd, last syscall.Signal) error {
	if err := Start(cmd, last); err != nil {
		return err
	}
	return cmd.Wait()
}
