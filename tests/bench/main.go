// Command bench compares this program with an empty Pulumi Go program, both
// measured in one run on one machine: how long a preview takes after a one-line
// edit, and how much memory a build from nothing needs.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"bastide/rehearsal/engine"
	"bastide/rehearsal/toolchain"
	"bastide/rehearsal/world"
)

// rounds is how often each edit is measured, in turn; the median counts.
const rounds = 5

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := bench(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1) //nolint:gocritic // stop only gives the signals back
	}
}

func bench(ctx context.Context, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "bastide-bench-")
	if err != nil {
		return fmt.Errorf("making room: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // it is the system's temporary folder
	ours, empty, err := subjects(ctx, dir)
	if err != nil {
		return err
	}

	fmt.Fprintf(out, "relink and preview after a one-line edit, %d rounds in turn\n", rounds)
	var ourTimes, emptyTimes []float64
	for round := range rounds + 1 {
		for _, s := range []struct {
			subject *subject
			times   *[]float64
		}{{ours, &ourTimes}, {empty, &emptyTimes}} {
			seconds, err := s.subject.editAndPreview(ctx, round)
			if err != nil {
				return err
			}
			if round > 0 { // the first fills the caches
				*s.times = append(*s.times, seconds)
			}
		}
	}
	compare(out, "seconds", median(ourTimes), median(emptyTimes))

	fmt.Fprintln(out, "build from an empty cache; largest process")
	ourPeak, err := ours.coldBuild(ctx)
	if err != nil {
		return err
	}
	emptyPeak, err := empty.coldBuild(ctx)
	if err != nil {
		return err
	}
	compare(out, "GB", ourPeak, emptyPeak)
	return nil
}

func compare(out io.Writer, unit string, ours, empty float64) {
	fmt.Fprintf(out, "  this program %.2f %s, empty program %.2f %s, ratio %.2f\n", ours, unit, empty, unit, ours/empty)
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// subject is a program in a folder of its own, with an engine to preview it.
type subject struct {
	dir    string
	edited string // the file that the edit goes to
	source string // its text without the edit
	engine engine.Options
}

// subjects copies this program, and makes an empty one on the same modules.
func subjects(ctx context.Context, dir string) (ours, empty *subject, err error) {
	root, err := os.Getwd()
	if err != nil {
		return nil, nil, fmt.Errorf("finding the project: %w", err)
	}
	cli, err := toolchain.Pulumi(ctx, root, os.Stderr)
	if err != nil {
		return nil, nil, err
	}
	ourDir, emptyDir := filepath.Join(dir, "ours"), filepath.Join(dir, "empty")
	for _, name := range []string{"go.mod", "go.sum", "main.go", "Pulumi.yaml", "Pulumi.dev.yaml", "components", "environment"} {
		if err := copyTree(filepath.Join(root, name), filepath.Join(ourDir, name)); err != nil {
			return nil, nil, err
		}
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		if err := copyTree(filepath.Join(root, name), filepath.Join(emptyDir, name)); err != nil {
			return nil, nil, err
		}
	}
	if err := os.WriteFile(filepath.Join(emptyDir, "main.go"), []byte(emptyProgram), 0o600); err != nil {
		return nil, nil, fmt.Errorf("writing the empty program: %w", err)
	}
	if ours, err = newSubject(ourDir, "components/deploy.go", cli, root, "dev"); err != nil {
		return nil, nil, err
	}
	empty, err = newSubject(emptyDir, "main.go", cli, "", "empty")
	return ours, empty, err
}

const emptyProgram = `package main

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

func main() { pulumi.Run(func(*pulumi.Context) error { return nil }) }
`

func newSubject(dir, edited, cli, root, stack string) (*subject, error) {
	files := engine.Files{Project: []byte("name: empty\nruntime: go\n"), Stack: []byte("config: {}\n")}
	if root != "" {
		var err error
		if files, _, err = engine.ReadFiles(root, root, stack); err != nil {
			return nil, err
		}
	}
	path := filepath.Join(dir, edited)
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading what is to be edited: %w", err)
	}
	return &subject{dir: dir, edited: path, source: string(source), engine: engine.Options{
		Dir: filepath.Join(dir, "engine"), CLI: cli, Stack: stack, Files: files, Passphrase: engine.Passphrase,
		Providers: world.New("", dir, 1).Providers(), // a preview starts no cluster
	}}, nil
}

// editAndPreview adds a line, builds and previews.
func (s *subject) editAndPreview(ctx context.Context, round int) (seconds float64, err error) {
	line := fmt.Sprintf("\nvar edit = \"%s %d\"\n\nfunc init() { _ = len(edit) }\n", time.Now(), round)
	if err := os.WriteFile(s.edited, []byte(s.source+line), 0o600); err != nil {
		return 0, fmt.Errorf("editing: %w", err)
	}
	s.engine.Program = filepath.Join(s.dir, engine.Program)
	stack, err := engine.Open(ctx, s.engine)
	if err != nil {
		return 0, err
	}
	defer stack.Close() //nolint:errcheck // loopback servers of this process
	begun := time.Now()
	if _, err := engine.Build(ctx, s.dir, io.Discard); err != nil {
		return 0, err
	}
	if _, err := stack.Preview(ctx); err != nil {
		return 0, err
	}
	return time.Since(begun).Seconds(), nil
}

// coldBuild builds with an empty build cache and tells the memory of the
// largest process, in GB.
func (s *subject) coldBuild(ctx context.Context) (peak float64, err error) {
	cache, err := os.MkdirTemp(filepath.Dir(s.dir), "cache-")
	if err != nil {
		return 0, fmt.Errorf("making an empty cache: %w", err)
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-ldflags", "-w -s", "-o", filepath.Join(cache, "program"), ".")
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "GOCACHE="+cache)
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("building %s: %w\n%s", s.dir, err, strings.TrimSpace(string(out)))
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, fmt.Errorf("this system does not tell how much memory a process took")
	}
	return float64(usage.Maxrss) * maxrssUnit / 1e9, nil
}

func copyTree(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return fmt.Errorf("copying the program: %w", err)
	}
	if info.IsDir() {
		return os.CopyFS(to, os.DirFS(from))
	}
	text, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("copying the program: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return fmt.Errorf("copying the program: %w", err)
	}
	return os.WriteFile(to, text, 0o600)
}
