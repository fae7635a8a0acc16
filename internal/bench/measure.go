package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// usage is the time and memory that a command took, its children included.
type usage struct {
	cpu, wall time.Duration
	// first is the time until the first line of output, silence the longest time without output.
	first, silence time.Duration
	// peak is the memory of its largest process, in bytes.
	peak int64
}

func (u usage) String() string {
	return fmt.Sprintf("%.0f CPU seconds, %.0f s of the clock, first line after %.1f s, longest silence %.1f s, largest process %.2f GB",
		u.cpu.Seconds(), u.wall.Seconds(), u.first.Seconds(), u.silence.Seconds(), float64(u.peak)/1e9)
}

// listener keeps output and records when it was printed.
type listener struct {
	mu             sync.Mutex
	begun, last    time.Time
	text           strings.Builder
	first, silence time.Duration
}

// Write implements io.Writer.
func (l *listener) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.first == 0 {
		l.first = now.Sub(l.begun)
	}
	l.silence = max(l.silence, now.Sub(l.last))
	l.last = now
	return l.text.Write(text)
}

// measure runs a command and waits for its end.
func measure(ctx context.Context, dir string, env []string, command ...string) (usage, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir, cmd.Env = dir, env
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = time.Minute
	begun := time.Now()
	output := &listener{begun: begun, last: begun}
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Run(); err != nil {
		return usage{}, fmt.Errorf("%s: %w\n%s", strings.Join(command, " "), err, output.text.String())
	}
	u := usage{
		cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), wall: time.Since(begun),
		first: output.first, silence: max(output.silence, time.Since(output.last)),
	}
	if resources, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.peak = resources.Maxrss
		if runtime.GOOS == "linux" {
			u.peak *= 1024 // Linux reports kilobytes, other systems bytes
		}
	}
	return u, nil
}
