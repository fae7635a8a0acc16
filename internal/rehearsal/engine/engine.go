// Package engine runs the program with the real Pulumi CLI, which gets a home, a
// backend and a passphrase of its own, and providers that run in this process. It
// neither reads nor changes the user's own Pulumi home, state or credentials.
package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"

	"bastide/internal/rehearsal/children"
	"bastide/internal/rehearsal/providerbase"
)

// Options says what to run and where.
type Options struct {
	// Dir is a folder for the engine alone, which writes all its files there.
	Dir string
	// CLI is the path of the pulumi command.
	CLI string
	// Program is the path of the program.
	Program string
	// Stack is the environment; Files are its Pulumi.yaml and Pulumi.STACK.yaml.
	Stack string
	Files Files
	// Passphrase protects the secrets of the stack.
	Passphrase string
	// Policies are evaluated in every operation; the zero value means none.
	Policies Policies
	// Providers are attached instead of plugins, by package name.
	Providers map[string]plugin.GrpcProvider
	// Progress gets what the CLI prints; nil for nothing.
	Progress io.Writer
}

// Engine is a stack that is ready for operations. Call Close when done.
type Engine struct {
	stack    string
	cli      command
	work     string
	policies Policies
	progress io.Writer
	stops    []func() error
}

// Outcome is what an operation did.
type Outcome struct {
	// Changes counts the resources by operation: create, same, ...
	Changes map[apitype.OpType]int
	// Steps lists "operation urn" of all that was not the same, sorted.
	Steps []string
	// Diagnostics are the warnings and errors.
	Diagnostics []string
	// Conflicts are Kubernetes' messages, by URN, about fields that another field
	// manager owns.
	Conflicts map[string]string
	// Refused are the engine's messages, by URN, about protected resources that the
	// operation would have to delete.
	Refused map[string]string
	// PolicyResults are the results of the policy pack.
	PolicyResults PolicyResults
	// Planned are the engine's steps in their order, with secrets masked.
	Planned []apitype.StepEventMetadata
	// Outputs are the stack's outputs that are known, with secrets masked.
	Outputs map[string]any
}

// Unchanged tells whether an operation changed nothing.
func (o Outcome) Unchanged() bool {
	return len(o.Changes) == 1 && o.Changes[apitype.OpSame] > 0
}

// Open prepares a stack and attaches the providers.
func Open(ctx context.Context, options Options) (engine *Engine, err error) {
	engine = &Engine{work: filepath.Join(options.Dir, "work"), policies: options.Policies, progress: options.Progress}
	defer func() {
		if err != nil {
			err = errors.Join(err, engine.Close())
		}
	}()
	for _, dir := range []string{"home", "backend", "work"} {
		if err := os.MkdirAll(filepath.Join(options.Dir, dir), 0o700); err != nil {
			return engine, fmt.Errorf("creating the engine's folders: %w", err)
		}
	}
	if err := options.Files.write(engine.work, options.Stack); err != nil {
		return engine, err
	}
	env, err := engine.attach(options)
	if err != nil {
		return engine, err
	}
	engine.cli, engine.stack = command{path: options.CLI, env: env}, options.Stack
	return engine, engine.init(ctx, filepath.Join(options.Dir, "backend"))
}

// init creates the stack unless it exists.
func (e *Engine) init(ctx context.Context, backend string) error {
	state, err := filepath.Glob(filepath.Join(backend, ".pulumi", "stacks", "*", e.stack+".json"))
	if err != nil || len(state) > 0 {
		return err
	}
	if _, stderr, err := e.cli.run(ctx, e.work, nil, "stack", "init", "--stack", e.stack); err != nil {
		return fmt.Errorf("creating stack %s: %w", e.stack, explain(err, stderr))
	}
	return nil
}

// attach starts the providers and the language host on loopback, and returns
// all environment variables of the CLI.
func (e *Engine) attach(options Options) (env []string, err error) {
	// The variables of every process. HOME is the engine's own, so that no login,
	// kubeconfig or cloud credential is found.
	base := slices.Concat([]string{
		"PATH=" + os.Getenv("PATH"),
		"TMPDIR=" + os.TempDir(),
		"HOME=" + filepath.Join(options.Dir, "home"),
	}, children.ShortLived)
	var attached []string
	for _, name := range slices.Sorted(maps.Keys(options.Providers)) {
		port, stop, err := providerbase.Serve(options.Providers[name])
		if err != nil {
			return nil, err
		}
		e.stops = append(e.stops, stop)
		attached = append(attached, fmt.Sprintf("%s:%d", name, port))
	}
	port, stop, err := providerbase.ServeWith(func(server *grpc.Server) {
		pulumirpc.RegisterLanguageRuntimeServer(server, &host{program: options.Program, env: base})
	})
	if err != nil {
		return nil, err
	}
	e.stops = append(e.stops, stop)
	return append(base,
		"PULUMI_HOME="+filepath.Join(options.Dir, "home"),
		"PULUMI_BACKEND_URL=file://"+filepath.Join(options.Dir, "backend"),
		"PULUMI_CONFIG_PASSPHRASE="+options.Passphrase,
		"PULUMI_DEBUG_PROVIDERS="+strings.Join(attached, ","),
		fmt.Sprintf("PULUMI_DEBUG_LANGUAGES=go:%d", port),
		"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true",
		EventLog,
		"PULUMI_SKIP_UPDATE_CHECK=true",
		"PULUMI_SKIP_CHECKPOINTS=true", // write the state once, at the end
	), nil
}

// Close stops what Open started.
func (e *Engine) Close() error {
	var errs []error
	for _, stop := range e.stops {
		errs = append(errs, stop())
	}
	return errors.Join(errs...)
}

// Preview plans what Up would do.
func (e *Engine) Preview(ctx context.Context) (Outcome, error) {
	return e.operate(ctx, slices.Concat([]string{"preview"}, e.policies.Flags())...)
}

// Up brings the stack up.
func (e *Engine) Up(ctx context.Context) (Outcome, error) {
	return e.operate(ctx, slices.Concat([]string{"up", "--yes", "--skip-preview", "--suppress-outputs"}, e.policies.Flags())...)
}

// Refresh compares the state with the cloud.
func (e *Engine) Refresh(ctx context.Context) (Outcome, error) {
	return e.operate(ctx, "refresh", "--yes", "--skip-preview")
}

// Destroy takes everything down.
func (e *Engine) Destroy(ctx context.Context) (Outcome, error) {
	return e.operate(ctx, "destroy", "--yes", "--skip-preview")
}

// Drift previews against the real resources. The outcome says what `up` would
// change; as the CLI fails if that is anything, so does Drift.
func (e *Engine) Drift(ctx context.Context) (Outcome, error) {
	return e.operate(ctx, slices.Concat(DriftFlags, e.policies.Flags())...)
}

// parallel is higher than the number of resources that are ever ready at once, so that
// dependencies alone, not the number of cores, decide the order of work.
const parallel = "64"

// operate runs an operation of the CLI and collects its events.
func (e *Engine) operate(ctx context.Context, args ...string) (outcome Outcome, err error) {
	log := filepath.Join(e.work, "events.json")
	if err := os.Remove(log); err != nil && !errors.Is(err, os.ErrNotExist) {
		return outcome, fmt.Errorf("clearing the engine's events: %w", err)
	}
	_, stderr, failed := e.cli.run(ctx, e.work, e.progress, append(args, "--stack", e.stack, "--event-log", log, "--parallel", parallel)...)
	events, err := os.Open(log)
	if errors.Is(err, os.ErrNotExist) {
		return outcome, explain(failed, stderr) // it failed before its first event
	}
	if err != nil {
		return outcome, fmt.Errorf("reading the engine's events: %w", err)
	}
	defer events.Close() //nolint:errcheck // opened for reading only
	outcome, err = ReadOutcome(events)
	if failed == nil {
		return outcome, err
	}
	if messages := slices.Concat(outcome.Diagnostics, outcome.PolicyResults.Violations); len(messages) > 0 {
		return outcome, errors.New(strings.Join(messages, "\n"))
	}
	return outcome, explain(failed, stderr)
}

// Export returns the state, with secrets encrypted.
func (e *Engine) Export(ctx context.Context) (text []byte, deployment *apitype.DeploymentV3, err error) {
	stdout, stderr, err := e.cli.run(ctx, e.work, nil, "stack", "export", "--stack", e.stack)
	if err != nil {
		return nil, nil, fmt.Errorf("exporting the state: %w: %s", err, strings.TrimSpace(stderr))
	}
	exported := struct{ Deployment *apitype.DeploymentV3 }{}
	if err := json.Unmarshal([]byte(stdout), &exported); err != nil {
		return nil, nil, fmt.Errorf("reading the state: %w", err)
	}
	return []byte(stdout), exported.Deployment, nil
}

func (o *Outcome) note(event apitype.EngineEvent) {
	switch {
	case event.SummaryEvent != nil:
		o.Changes = event.SummaryEvent.ResourceChanges
	case event.ResourcePreEvent != nil:
		o.Planned = append(o.Planned, event.ResourcePreEvent.Metadata)
	case event.ResOutputsEvent != nil:
		o.step(event.ResOutputsEvent.Metadata)
	case event.PolicyEvent != nil, event.PolicyAnalyzeSummaryEvent != nil, event.PolicyAnalyzeStackSummaryEvent != nil:
		o.PolicyResults.note(event)
	case event.DiagnosticEvent != nil && !event.DiagnosticEvent.Ephemeral:
		if severity := event.DiagnosticEvent.Severity; severity == "warning" || severity == "error" {
			o.complain(event.DiagnosticEvent.URN, plain(event.DiagnosticEvent.Message))
		}
	}
}

func (o *Outcome) complain(urn, message string) {
	o.Diagnostics = append(o.Diagnostics, message)
	for _, kind := range []struct {
		messages  *map[string]string
		substring string
	}{
		{&o.Conflicts, "conflict with "},
		// Source: pulumi/pkg 3.259.0, resource/deploy, step_generator.go and step.go.
		{&o.Refused, "as it is currently marked for protection"},
		{&o.Refused, "because it is protected"},
	} {
		if !strings.Contains(message, kind.substring) {
			continue
		}
		if *kind.messages == nil {
			*kind.messages = map[string]string{}
		}
		(*kind.messages)[urn] = message
	}
}

func (o *Outcome) step(metadata apitype.StepEventMetadata) {
	if metadata.Op != apitype.OpSame && metadata.Op != apitype.OpRefresh {
		o.Steps = append(o.Steps, string(metadata.Op)+" "+metadata.URN)
	}
	if metadata.Type == string(resource.RootStackType) && metadata.New != nil {
		o.Outputs = metadata.New.Outputs
	}
}
