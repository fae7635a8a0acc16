package kubernetes

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// process is one program of the control plane, with what it says in a file.
type process struct {
	name string
	log  string
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

// grace is how long a process may take to end by itself.
const grace = 10 * time.Second

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
	p.cmd.Env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH")}
	if err := p.cmd.Start(); err != nil {
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
	return fmt.Errorf("%s has stopped (%s); see %s", p.name, p.cmd.ProcessState, p.log)
}

// stop ends the process, by its own id, and waits until it is gone.
func (p *process) stop() error {
	if p.ended() {
		return nil
	}
	_ = p.cmd.Process.Signal(os.Interrupt) // may have just ended
	select {
	case <-p.done:
		return nil
	case <-time.After(grace):
		err := p.cmd.Process.Kill()
		<-p.done
		return err
	}
}
