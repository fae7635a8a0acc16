package stage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
)

// Main is the TestMain of tests that share one environment: it is brought up before
// them, handed to them by ready, and taken away after them.
func Main(m *testing.M, stack, settings string, ready func(*Stage)) {
	code, err := run(m, stack, settings, ready)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M, stack, settings string, ready func(*Stage)) (code int, err error) {
	ctx := context.Background()
	tools, err := Prepare(ctx)
	if err != nil {
		return 1, err
	}
	dir, err := os.MkdirTemp("", "bastide-"+stack+"-")
	if err != nil {
		return 1, fmt.Errorf("making room for %s: %w", stack, err)
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
	ready(s)
	return m.Run(), nil
}
