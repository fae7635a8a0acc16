package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"bastide/environment/stackfile"
	"bastide/internal/rehearsal/engine"
	"bastide/internal/rehearsal/toolchain"
)

// onCloud wraps a command of the pulumi CLI. It requires that an environment is named and
// that the environment may be brought up.
func onCloud(operation, short string) *cobra.Command {
	var environment string
	command := &cobra.Command{
		Use:   operation,
		Short: short,
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if err := requireReal(".", environment, operation); err != nil {
				return err
			}
			args := []string{operation, "--stack", environment}
			if operation != "destroy" { // which leaves no resources to evaluate
				if err := valid(".", environment); err != nil {
					return err
				}
				policyFlags, err := policyPackFlags(command.Context(), environment)
				if err != nil {
					return err
				}
				args = append(args, policyFlags...)
			}
			return runPulumi(args...)
		},
	}
	command.Flags().StringVar(&environment, "env", "", "environment, as in Pulumi.ENV.yaml")
	return command
}

// policyPackFlags are the flags with which pulumi runs the policy pack.
func policyPackFlags(ctx context.Context, environment string) (flags []string, err error) {
	path, err := pulumi()
	if err != nil {
		return nil, err
	}
	version, err := toolchain.PulumiVersion(ctx, path)
	if err != nil {
		return nil, err
	}
	if version.LT(toolchain.Oldest) {
		return nil, fmt.Errorf("%s is version %s, which can't run the policy pack; install %s or newer: https://www.pulumi.com/docs/install/", path, version, toolchain.Oldest)
	}
	root, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("finding the project: %w", err)
	}
	policies, err := engine.BuildPolicies(ctx, root, environment, os.Stdout)
	return policies.Flags(), err
}

// requireReal returns an error unless the environment is named, exists and is not one that
// is only ever rehearsed.
func requireReal(root, environment, operation string) error {
	if environment == "" {
		return fmt.Errorf("no environment is named; type `make %s ENV=staging`", operation)
	}
	settings, err := engine.Settings(root, environment)
	if err != nil {
		return err
	}
	value, given := settings["bastide:rehearsal"]
	// `pulumi config set` writes a string where people write a boolean.
	switch text := fmt.Sprint(value); {
	case !given || text == "false":
		return nil
	case text == "true":
		return fmt.Errorf("environment %q is only ever rehearsed (bastide:rehearsal is true); type `make rehearse ENV=%s`, or name another environment", environment, environment)
	default:
		return fmt.Errorf("bastide:rehearsal of environment %q is neither true nor false, so it is not clear whether the environment may be brought up; type `pulumi config set --stack %s bastide:rehearsal true`, or false",
			environment, environment)
	}
}

// valid checks all settings before anything is built or started. The CLI would stop at the
// first value of a wrong type, and never start the program, which checks the others.
func valid(root, environment string) error {
	file, err := stackfile.Read(root, environment)
	if err != nil {
		return err
	}
	if _, _, err = engine.Load(root, environment, file); err != nil {
		return err
	}
	return stackfile.Disjoint(root)
}

// pulumi is the path of the user's own CLI.
func pulumi() (path string, err error) {
	if path, err = exec.LookPath("pulumi"); err != nil {
		return "", errors.New("pulumi is not on PATH; install it: https://www.pulumi.com/docs/install/")
	}
	return path, nil
}

func runPulumi(args ...string) error {
	path, err := pulumi()
	if err != nil {
		return err
	}
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), engine.EventLog)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	if err := startIgnoringHangup(cmd, signals); err != nil {
		return fmt.Errorf("starting pulumi: %w", err)
	}
	go forward(signals, cmd.Process, atTerminal())
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("pulumi %s: %w", args[0], err)
	}
	return nil
}

// startIgnoringHangup starts pulumi with SIGHUP ignored. If the terminal closed, SIGHUP
// would kill pulumi at once and leave its lock on the state and pending operations behind.
// This process handles SIGHUP instead, and tells pulumi to stop. Under nohup it ignores
// SIGHUP, too.
func startIgnoringHangup(cmd *exec.Cmd, signals chan<- os.Signal) error {
	if signal.Ignored(syscall.SIGHUP) {
		return cmd.Start()
	}
	signal.Ignore(syscall.SIGHUP) // a new process inherits this
	defer signal.Notify(signals, syscall.SIGHUP)
	return cmd.Start()
}

// forward forwards signals to pulumi, which then stops its operation cleanly. At a terminal
// pulumi receives Ctrl-C itself, and a second one would make it exit at once, so it is not
// forwarded. SIGHUP may arrive more than once; it is forwarded once, as SIGTERM.
func forward(signals <-chan os.Signal, process *os.Process, atTerminal bool) {
	closed := false
	for received := range signals {
		if received == os.Interrupt && atTerminal || received == syscall.SIGHUP && closed {
			continue
		}
		if received == syscall.SIGHUP {
			closed, received = true, syscall.SIGTERM
		}
		_ = process.Signal(received) // it may have ended meanwhile
	}
}

// atTerminal reports whether there is a terminal on which to type Ctrl-C.
func atTerminal() bool {
	terminal, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	return terminal.Close() == nil
}
