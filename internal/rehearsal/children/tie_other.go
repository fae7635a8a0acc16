//go:build !linux

package children

import (
	"os/exec"
	"syscall"
)

// startTied only starts the command: this system has no parent-death signal.
func startTied(cmd *exec.Cmd, _ syscall.Signal) error { return cmd.Start() }
