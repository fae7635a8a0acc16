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

// onCloud wraps one of the CLI's own commands: the same command, on an environment
// that was named and that may be brought up.
func onCloud(operation, short string) *cobra.Command {
	var environment string
	command := &cobra.Command{
		Use:   operation,
		Short: short,
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if err := mayBeReal(".", environment, operation); err != nil {
				return err
			}
			args := []string{operation, "--stack", environment}
			if operation != "destroy" { // of which nothing is left to judge
				if err := valid(".", environment); err != nil {
					return err
				}
				judged, err := judgedBy(command.Context(), environment)
				if err != nil {
					return err
				}
				args = append(args, judged...)
			}
			return runPulumi(args...)
		},
	}
	command.Flags().StringVar(&environment, "env", "", "environment, as in Pulumi.ENV.yaml")
	return command
}

// judgedBy are the flags that have pulumi ask the policy pack.
func judgedBy(ctx context.Context, environment string) (flags []string, err error) {
	path, err := pulumi()
	if err != nil {
		return nil, err
	}
	version, err := toolchain.PulumiVersion(ctx, path)
	if err != nil {
		return nil, err
	}
	if version.LT(toolchain.Oldest) {
		return nil, fmt.Errorf("%s is version %s, which can't run the policy pack; %s or newer can: see https://www.pulumi.com/docs/install/", path, version, toolchain.Oldest)
	}
	root, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("finding the project: %w", err)
	}
	policies, err := engine.BuildPolicies(ctx, root, environment, os.Stdout)
	return policies.Flags(), err
}

// mayBeReal refuses to touch a cloud for an environment that nobody named, that
// does not exist, or that is there to be rehearsed only.
func mayBeReal(root, environment, operation string) error {
	if environment == "" {
		return fmt.Errorf("no environment is named; type `make %s ENV=staging`", operation)
	}
	settings, err := engine.Settings(root, environment)
	if err != nil {
		return err
	}
	only, given := settings["bastide:rehearsal"]
	// `pulumi config set` writes a text where people write a boolean.
	switch text := fmt.Sprint(only); {
	case !given || text == "false":
		return nil
	case text == "true":
		return fmt.Errorf("environment %q is only ever rehearsed (bastide:rehearsal is true); type `make rehearse ENV=%s`, or name a real one", environment, environment)
	default:
		return fmt.Errorf("bastide:rehearsal of environment %q is neither true nor false, so it is not clear whether it may be real; type `pulumi config set --stack %s bastide:rehearsal true`, or false",
			environment, environment)
	}
}

// valid checks all settings before anything is built or started. The CLI would stop at
// the first value of a wrong type, and the program would not come to look at the others.
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

// pulumi is the user's own CLI.
func pulumi() (path string, err error) {
	if path, err = exec.LookPath("pulumi"); err != nil {
		return "", errors.New("pulumi is not on PATH; see https://www.pulumi.com/docs/install/")
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
	if err := startDeaf(cmd, signals); err != nil {
		return fmt.Errorf("starting pulumi: %w", err)
	}
	go passOn(signals, cmd.Process, atTerminal())
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("pulumi %s: %w", args[0], err)
	}
	return nil
}

// startDeaf starts pulumi so that it doesn't hear a terminal close, which would end
// it where it stands, with its lock on the state and operations pending; we hear it,
// and tell it to wind down. Under nohup we don't either.
func startDeaf(cmd *exec.Cmd, signals chan<- os.Signal) error {
	if signal.Ignored(syscall.SIGHUP) {
		return cmd.Start()
	}
	signal.Ignore(syscall.SIGHUP) // which a new process inherits
	defer signal.Notify(signals, syscall.SIGHUP)
	return cmd.Start()
}

// passOn hands signals to pulumi, which winds its operation down. At a terminal
// Ctrl-C reaches pulumi by itself, and a second one would make it give up. A terminal
// that has closed is told of more than once, and to pulumi as SIGTERM, once.
func passOn(signals <-chan os.Signal, process *os.Process, atTerminal bool) {
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

// atTerminal tells whether there is a terminal on which to type Ctrl-C.
func atTerminal() bool {
	terminal, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	return terminal.Close() == nil
}
