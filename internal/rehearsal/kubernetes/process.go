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

// process is one program of the control plane, with what it says in a file.
type process struct {
	name string
	log  string
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
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
	// Nothing of the user's: no kubeconfig, no proxy, no credential.
	p.cmd.Env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "GOGC=off", "GOMEMLIMIT=1GiB"}
	if err := children.Start(p.cmd, syscall.SIGKILL); err != nil {
		return nil, errors.Join(fmt.Errorf("starting %s: %w", p.name, err), log.Close())
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait() // how it ended is in its log
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

// check tells of a process that should still be there.
func (p *process) check() error {
	if !p.ended() {
		return nil
	}
	return fmt.Errorf("%s has stopped (%s)%s; see %s%s", p.name, p.cmd.ProcessState, full(p.log), p.log, lastWords(p.log))
}

// full tells of a disk without room, on which a log may lack the reason.
func full(path string) string {
	var disk unix.Statfs_t
	if err := unix.Statfs(filepath.Dir(path), &disk); err != nil {
		return ""
	}
	const least = 1 << 20
	if free := disk.Bavail * uint64(disk.Bsize); free >= least { //nolint:gosec // no block has a negative size
		return ""
	}
	return ": the disk of " + filepath.Dir(path) + " is full"
}

// lastWords is the last line of a log, as far as people want to read it.
func lastWords(path string) string {
	const most = 300
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	last := lines[len(lines)-1]
	if len(last) > most {
		last = append(last[:most:most], "…"...)
	}
	if len(last) == 0 {
		return ""
	}
	return ", which ends in: " + string(last)
}

// stop ends the process, by its own id, and waits until it is gone. Nothing of what it
// would do in an orderly end is needed: what it kept is removed.
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
