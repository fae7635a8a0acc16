package toolchain

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"bastide/internal/rehearsal/children"
)

// Build is one command to be built from a module.
type Build struct {
	// What names the command in messages.
	What string
	// Module is the folder of the module, Command the package in it.
	Module, Command string
	// LDFlags are for the linker.
	LDFlags string
	// Out is the path of the executable.
	Out string
}

// pause is the longest time between two progress messages of a build.
const pause = 10 * time.Second

// Run builds the command, and reports progress if that takes long. Go does not rebuild
// a command that is up to date.
//
// The compiler's flags are those of a plain `go build`, `go test` and `pulumi up`, so
// that all of them share Go's build cache. -buildvcs=false does not affect compilation;
// without it, Go can't build a checkout that belongs to another user.
func (b Build) Run(ctx context.Context, progress io.Writer) (err error) {
	unlock, err := lock(ctx, filepath.Dir(b.Out), progress)
	if err != nil {
		return fmt.Errorf("building %s: %w", b.What, err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	// An interrupted `go` leaves its temporary folder behind, so it gets one that is
	// removed here.
	temporary, err := os.MkdirTemp(os.Getenv("GOTMPDIR"), "bastide-build-")
	if err != nil {
		return fmt.Errorf("building %s: %w", b.What, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temporary)) }()
	cmd := exec.CommandContext(ctx, "go", "build", "-v", "-buildvcs=false", "-ldflags", b.LDFlags, "-o", b.Out, b.Command)
	cmd.Dir = b.Module
	cmd.Env = append(cmd.Environ(), "GOTMPDIR="+temporary)
	// An interrupted `go` does not end its compilers, so the whole process group gets
	// the signal.
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
	cmd.WaitDelay = pause
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return fmt.Errorf("building %s: %w", b.What, err)
	}
	if err := children.Start(cmd, syscall.SIGINT); err != nil {
		return fmt.Errorf("building %s: %w", b.What, err)
	}
	messages := follow(b.What, stderr, progress)
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("building %s: %w\n%s", b.What, err, messages)
	}
	return nil
}

// follow counts the packages that `go build -v` prints, reports progress regularly, and
// returns the rest of the output, which are the compiler's errors.
func follow(what string, output io.Reader, progress io.Writer) string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(output); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	var rest []string
	start, compiled, fetched, latest := time.Now(), 0, 0, ""
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for {
		select {
		case line, open := <-lines:
			switch {
			case !open:
				return strings.Join(rest, "\n")
			case strings.HasPrefix(line, "go: downloading "):
				fetched++
			case strings.ContainsAny(line, " \t"):
				rest = append(rest, line)
				continue
			default:
				compiled++
				latest = ", the latest " + line
			}
			if compiled+fetched == 1 {
				fmt.Fprintf(progress, "building %s; the first time takes minutes\n", what)
			}
		case <-ticker.C:
			fmt.Fprintf(progress, "  %4.0f s: %d modules downloaded, %d packages compiled%s\n", time.Since(start).Seconds(), fetched, compiled, latest)
		}
	}
}

// lock keeps two builds from writing the same files: the second waits, and reports that.
func lock(ctx context.Context, dir string, progress io.Writer) (unlock func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(dir, ".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for reported := false; ; reported = true {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return file.Close, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.Join(fmt.Errorf("locking %s: %w", dir, err), file.Close())
		}
		if !reported {
			fmt.Fprintf(progress, "waiting for another build in %s to end\n", dir)
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), file.Close())
		}
	}
}

// numbered prefixes each line with the number of the build and the number of all builds.
type numbered struct {
	to         io.Writer
	which, all int
}

// Write implements io.Writer.
func (n numbered) Write(text []byte) (int, error) {
	for line := range bytes.Lines(text) {
		if _, err := fmt.Fprintf(n.to, "[%d/%d] %s", n.which, n.all, line); err != nil {
			return 0, err
		}
	}
	return len(text), nil
}
