package kubernetes

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"bastide/internal/rehearsal/children"
)

// process is a component of the control plane, which logs to a file.
type process struct {
	name string
	log  string
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
}

func startProcess(path, dir string, args ...string) (*process, error) {
	p := &process{name: filepath.Base(path), done: make(chan struct{})}
	p.log = filepath.Join(dir, p.name+".log")
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", p.name, err)
	}
	p.cmd = exec.Command(path, args...)
	p.cmd.Dir = dir
	p.cmd.Stdout, p.cmd.Stderr = log, log
	// Without the user's variables: no kubeconfig, no proxy, no credential.
	p.cmd.Env = append([]string{"HOME=" + dir, "PATH=" + os.Getenv("PATH")}, children.ShortLived...)
	if err := children.Start(p.cmd, syscall.SIGKILL); err != nil {
		return nil, errors.Join(fmt.Errorf("starting %s: %w", p.name, err), log.Close())
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait() // check reports how it ended
		_ = log.Close()
	}()
	return p, nil
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// check returns an error if the process has ended.
func (p *process) check() error {
	if !p.ended() {
		return nil
	}
	return fmt.Errorf("%s has stopped (%s)%s; see %s%s", p.name, p.cmd.ProcessState, diskFull(p.log), p.log, lastLine(p.log))
}

// diskFull says so if the disk of a log is full, since the log may then lack the reason.
func diskFull(path string) string {
	var disk unix.Statfs_t
	if err := unix.Statfs(filepath.Dir(path), &disk); err != nil {
		return ""
	}
	const minFree = 1 << 20
	if free := disk.Bavail * uint64(disk.Bsize); free >= minFree { //nolint:gosec // no block has a negative size
		return ""
	}
	return ": the disk of " + filepath.Dir(path) + " is full"
}

// lastLine is the last line of a log, shortened for a message.
func lastLine(path string) string {
	const maxLength = 300
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	last := lines[len(lines)-1]
	if len(last) > maxLength {
		last = append(last[:maxLength:maxLength], "…"...)
	}
	if len(last) == 0 {
		return ""
	}
	return ", which ends in: " + string(last)
}

// stop kills the process, and waits until it has ended. An orderly shutdown is not
// needed, because its data is removed.
func (p *process) stop() error {
	if p.ended() {
		return nil
	}
	err := p.cmd.Process.Kill()
	<-p.done
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}
