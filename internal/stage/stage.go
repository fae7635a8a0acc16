// Package stage lets tests run the whole program on the real engine. It provides the
// binaries and, for each run, a simulated cloud with a Kubernetes control plane.
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

// Tools are the binaries, which are built once for all tests of a package.
type Tools struct {
	toolchain.Tools
	// Root is the project's folder.
	Root string
	// Policies is the policy pack, for tests that run it.
	Policies engine.Policies
}

// Prepare builds the binaries that are missing or out of date.
func Prepare(ctx context.Context) (t Tools, err error) {
	if t.Root, err = filepath.Abs(filepath.Join("..", "..")); err != nil {
		return t, err
	}
	if _, err := children.OpenRegistry(t.Root, os.Stderr); err != nil { // until the tests end
		return t, err
	}
	t.Tools, err = toolchain.Prepare(ctx, t.Root, os.Stderr)
	t.Policies.Pack = t.Tools.Policies
	return t, err
}

// TrackSources stats the sources of the program and of the policy pack, so that Go's test
// cache depends on them. They are built outside of the test process, so without this a
// cached result would still count after a change. Go records only files that are opened
// while a test runs, not those opened by TestMain, so each test has to call this itself, or
// Open, which does.
func TrackSources(root string) error {
	for _, part := range []string{"main.go", "go.mod", "Pulumi.yaml", "components", "environment", "policies"} {
		err := filepath.WalkDir(filepath.Join(root, part), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			_, err = os.Stat(path) // Go's test cache records the file's size and time
			return err
		})
		if err != nil {
			return fmt.Errorf("reading the program's sources: %w", err)
		}
	}
	return nil
}

// Stage is an engine with a simulated cloud. It has to be closed.
type Stage struct {
	*engine.Engine
	*simulation.Simulation
	// Dir is the folder that the engine and the cluster write to; Log is the CLI's output.
	Dir string
	Log *bytes.Buffer
}

// Open prepares an environment in a folder. The functions in change may alter its options.
func (t Tools) Open(ctx context.Context, dir, stack, settings string, change ...func(*engine.Options)) (*Stage, error) {
	project, err := os.ReadFile(filepath.Join(t.Root, "Pulumi.yaml"))
	if err != nil {
		return nil, fmt.Errorf("reading the project: %w", err)
	}
	if err := TrackSources(t.Root); err != nil {
		return nil, err
	}
	fresh, err := engine.NewEnvironment([]byte(settings))
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

// Close stops the engine and the simulated cloud.
func (s *Stage) Close() error {
	var errs []error
	if s.Engine != nil {
		errs = append(errs, s.Engine.Close())
	}
	return errors.Join(append(errs, s.Simulation.Close())...)
}
