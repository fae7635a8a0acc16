package stage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"bastide/internal/rehearsal/engine"
	"bastide/internal/rehearsal/kubernetes"
)

// Budget limits how often the tests of a package may start processes that take long to
// start. Unlike the time that tests take, the number does not depend on the machine.
type Budget struct {
	// CLI is the number of starts of the Pulumi CLI, ControlPlanes that of Kubernetes control planes.
	CLI, ControlPlanes int
}

// check returns an error if anything was started too often.
func (b Budget) check() error {
	var errs []error
	for _, spent := range []struct {
		what        string
		count, most int
	}{
		{"the Pulumi CLI", engine.Starts(), b.CLI},
		{"a Kubernetes control plane", kubernetes.Started(), b.ControlPlanes},
	} {
		if spent.count > spent.most {
			errs = append(errs, fmt.Errorf("the tests of this package started %s %d times, and their budget is %d: share the environment that is up already, or raise the budget in TestMain",
				spent.what, spent.count, spent.most))
		}
	}
	return errors.Join(errs...)
}

// Main is the TestMain of tests that share one environment. The environment is brought up
// before the tests, passed to them through ready, and removed after them.
func Main(m *testing.M, budget Budget, stack, settings string, ready func(Tools, *Stage)) {
	exit(runShared(m, budget, stack, settings, ready))
}

// MainWithTools is the TestMain of tests that bring up their own environments.
func MainWithTools(m *testing.M, budget Budget, ready func(Tools) error) {
	exit(runApart(m, budget, ready))
}

func exit(code int, err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runApart(m *testing.M, budget Budget, ready func(Tools) error) (code int, err error) {
	tools, err := Prepare(context.Background())
	if err != nil {
		return 1, err
	}
	if err := ready(tools); err != nil {
		return 1, err
	}
	return m.Run(), budget.check()
}

func runShared(m *testing.M, budget Budget, stack, settings string, ready func(Tools, *Stage)) (code int, err error) {
	ctx := context.Background()
	tools, err := Prepare(ctx)
	if err != nil {
		return 1, err
	}
	dir, err := os.MkdirTemp("", "bastide-"+stack+"-")
	if err != nil {
		return 1, fmt.Errorf("creating a folder for %s: %w", stack, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := tools.Open(ctx, dir, stack, settings)
	defer func() { err = errors.Join(err, s.Close()) }()
	if err != nil {
		return 1, err
	}
	if _, err := s.Up(ctx); err != nil {
		return 1, fmt.Errorf("%w\n%s", err, s.Log)
	}
	ready(tools, s)
	return m.Run(), budget.check()
}
