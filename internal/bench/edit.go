package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"bastide/internal/rehearsal/engine"
	"bastide/internal/rehearsal/simulation"
	"bastide/internal/rehearsal/toolchain"
)

// rounds is how often each of two commands is measured, alternately. The medians count.
const rounds = 5

// alternate measures two functions alternately, after a round that fills the caches, so
// that other load on the machine affects both. It returns the medians.
func alternate(first, second func(round int) (seconds float64, err error)) (ofFirst, ofSecond float64, err error) {
	var a, b []float64
	for round := range rounds + 1 {
		one, err := first(round)
		if err != nil {
			return 0, 0, err
		}
		other, err := second(round)
		if err != nil {
			return 0, 0, err
		}
		if round > 0 {
			a, b = append(a, one), append(b, other)
		}
	}
	return median(a), median(b), nil
}

// edits compares the time of a preview after a one-line edit with that of an empty program.
func edits(ctx context.Context, out io.Writer, root, dir string) error {
	ours, empty, err := subjects(ctx, root, dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "build and preview after a one-line edit, %d alternating rounds\n", rounds)
	oursSeconds, emptySeconds, err := alternate(
		func(round int) (float64, error) { return ours.editAndPreview(ctx, round) },
		func(round int) (float64, error) { return empty.editAndPreview(ctx, round) },
	)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "  this program %.2f s, an empty one %.2f s, ratio %.2f\n", oursSeconds, emptySeconds, oursSeconds/emptySeconds)
	return nil
}

// packs compares the time of a preview of dev with the policy pack and without.
func packs(ctx context.Context, out io.Writer, root, dir string) error {
	tools, err := toolchain.Prepare(ctx, root, os.Stderr)
	if err != nil {
		return err
	}
	files, _, err := engine.ReadFiles(root, root, "dev")
	if err != nil {
		return err
	}
	preview := func(policies engine.Policies) (func(int) (float64, error), func() error, error) {
		folder, err := os.MkdirTemp(dir, "pack-")
		if err != nil {
			return nil, nil, fmt.Errorf("creating a folder: %w", err)
		}
		stack, err := engine.Open(ctx, engine.Options{
			Dir: folder, CLI: tools.CLI, Program: tools.Program, Stack: "dev", Files: files, Passphrase: engine.Passphrase,
			Policies: policies, Providers: simulation.New("", folder, 0).Providers(), // a preview starts no cluster
		})
		if err != nil {
			return nil, nil, err
		}
		return func(int) (float64, error) {
			begun := time.Now()
			_, err := stack.Preview(ctx)
			return time.Since(begun).Seconds(), err
		}, stack.Close, nil
	}
	with, closeWith, err := preview(engine.Policies{Pack: tools.Policies, Levels: engine.Levels(root, "dev")})
	if err != nil {
		return err
	}
	defer closeWith() //nolint:errcheck // loopback servers of this process
	without, closeWithout, err := preview(engine.Policies{})
	if err != nil {
		return err
	}
	defer closeWithout() //nolint:errcheck // loopback servers of this process
	fmt.Fprintf(out, "preview of dev, %d alternating rounds\n", rounds)
	withSeconds, withoutSeconds, err := alternate(with, without)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "  with the policy pack %.2f s, without %.2f s, ratio %.2f\n", withSeconds, withoutSeconds, withSeconds/withoutSeconds)
	return nil
}

// rehearsals measures a rehearsal of dev after everything is built.
func rehearsals(ctx context.Context, out io.Writer, root, _ string) error {
	fmt.Fprintln(out, "make rehearse, after everything is built")
	if _, err := measure(ctx, root, nil, "make", "rehearse"); err != nil {
		return err
	}
	warm, err := measure(ctx, root, nil, "make", "rehearse")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "  %v\n", warm)
	return nil
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// subject is a program in its own folder, with an engine to preview it.
type subject struct {
	dir    string
	edited string // the file to edit
	source string // the file's text before the edit
	engine engine.Options
}

// subjects copies this program, and creates an empty one with the same go.mod.
func subjects(ctx context.Context, root, dir string) (ours, empty *subject, err error) {
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
		return nil, fmt.Errorf("reading the file to edit: %w", err)
	}
	return &subject{dir: dir, edited: path, source: string(source), engine: engine.Options{
		Dir: filepath.Join(dir, "engine"), CLI: cli, Stack: stack, Files: files, Passphrase: engine.Passphrase,
		Providers: simulation.New("", dir, 0).Providers(), // a preview starts no cluster
	}}, nil
}

// editAndPreview adds a line, builds the program and previews it.
func (s *subject) editAndPreview(ctx context.Context, round int) (seconds float64, err error) {
	line := fmt.Sprintf("\nvar edit = \"%s %d\"\n\nfunc init() { _ = len(edit) }\n", time.Now(), round)
	if err := os.WriteFile(s.edited, []byte(s.source+line), 0o600); err != nil {
		return 0, fmt.Errorf("editing: %w", err)
	}
	s.engine.Program = filepath.Join(s.dir, toolchain.ProgramPath)
	stack, err := engine.Open(ctx, s.engine)
	if err != nil {
		return 0, err
	}
	defer stack.Close() //nolint:errcheck // loopback servers of this process
	begun := time.Now()
	if _, err := toolchain.Program(ctx, s.dir, io.Discard); err != nil {
		return 0, err
	}
	if _, err := stack.Preview(ctx); err != nil {
		return 0, err
	}
	return time.Since(begun).Seconds(), nil
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
