// Package stage is what tests need to run the whole program on the real engine:
// tools, and for each run a simulated cloud with a Kubernetes control plane.
package stage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"bastide/internal/rehearsal/children"
	"bastide/internal/rehearsal/engine"
	"bastide/internal/rehearsal/simulation"
	"bastide/internal/rehearsal/toolchain"
)

// Tools are made once for all tests of a package.
type Tools struct {
	toolchain.Tools
	// Root is the folder of the project.
	Root string
	// Policies is the policy pack, for those who want to be judged.
	Policies engine.Policies
}

// Prepare builds what is not there yet.
func Prepare(ctx context.Context) (t Tools, err error) {
	if t.Root, err = filepath.Abs(filepath.Join("..", "..")); err != nil {
		return t, err
	}
	if _, err := children.Keep(t.Root, os.Stderr); err != nil { // until the tests end
		return t, err
	}
	t.Tools, err = toolchain.Prepare(ctx, t.Root, os.Stderr, nil)
	t.Policies.Pack = t.Tools.Policies
	return t, err
}

// NoticeSources looks at what the program and the policy pack are made of. They are built outside of the
// test, where Go's test cache does not look: a result from before a change would
// still count. What a TestMain looks at before it runs the tests does not count
// either, so tests call this themselves, if only through Open.
func NoticeSources(root string) error {
	for _, part := range []string{"main.go", "go.mod", "Pulumi.yaml", "components", "environment", "policies"} {
		err := filepath.WalkDir(filepath.Join(root, part), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			_, err = os.Stat(path) // which Go notes, with size and time
			return err
		})
		if err != nil {
			return fmt.Errorf("looking at the program: %w", err)
		}
	}
	return nil
}

// Stage is an engine with its surroundings. Close it.
type Stage struct {
	*engine.Engine
	*simulation.Simulation
	// Dir holds all that the engine and the cluster write; Log is what the CLI
	// printed.
	Dir string
	Log *bytes.Buffer
}

// Open prepares an environment in a folder; change may alter its options.
func (t Tools) Open(ctx context.Context, dir, stack, settings string, change ...func(*engine.Options)) (*Stage, error) {
	project, err := os.ReadFile(filepath.Join(t.Root, "Pulumi.yaml"))
	if err != nil {
		return nil, fmt.Errorf("reading the project: %w", err)
	}
	if err := NoticeSources(t.Root); err != nil {
		return nil, err
	}
	fresh, err := engine.FromNothing([]byte(settings))
	if err != nil {
		return nil, err
	}
	s := &Stage{Dir: dir, Log: &bytes.Buffer{}, Simulation: simulation.New(t.Kubernetes, dir, 0)}
	options := engine.Options{
		Dir: dir, CLI: t.CLI, Program: t.Program, Stack: stack,
		Files:      engine.Files{Project: project, Stack: fresh},
		Passphrase: engine.Passphrase,
		Providers:  s.Providers(),
		Progress:   s.Log,
	}
	for _, f := range change {
		f(&options)
	}
	s.Engine, err = engine.Open(ctx, options)
	return s, err
}

// Close stops everything.
func (s *Stage) Close() error {
	var errs []error
	if s.Engine != nil {
		errs = append(errs, s.Engine.Close())
	}
	return errors.Join(append(errs, s.Simulation.Close())...)
}
