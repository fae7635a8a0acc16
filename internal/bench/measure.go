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

// usage is what a command took, its children included.
type usage struct {
	cpu, wall time.Duration
	// first is when it printed its first line, silence the longest time without one.
	first, silence time.Duration
	// peak is the memory of its largest process, in bytes.
	peak int64
}

func (u usage) String() string {
	return fmt.Sprintf("%.0f CPU seconds, %.0f s of the clock, first line after %.1f s, longest silence %.1f s, largest process %.2f GB",
		u.cpu.Seconds(), u.wall.Seconds(), u.first.Seconds(), u.silence.Seconds(), float64(u.peak)/1e9)
}

// listener notes when something is printed, and keeps it.
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

// measure runs a command to its end.
func measure(ctx context.Context, dir string, env []string, command ...string) (usage, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir, cmd.Env = dir, env
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = time.Minute
	begun := time.Now()
	heard := &listener{begun: begun, last: begun}
	cmd.Stdout, cmd.Stderr = heard, heard
	if err := cmd.Run(); err != nil {
		return usage{}, fmt.Errorf("%s: %w\n%s", strings.Join(command, " "), err, heard.text.String())
	}
	u := usage{
		cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), wall: time.Since(begun),
		first: heard.first, silence: max(heard.silence, time.Since(heard.last)),
	}
	if taken, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.peak = taken.Maxrss
		if runtime.GOOS == "linux" {
			u.peak *= 1024 // which tells kilobytes, where others tell bytes
		}
	}
	return u, nil
}
