// Package engine drives the real Pulumi CLI over the program, with a home, a
// backend and a passphrase of its own and with providers attached that run in
// this process. Nothing of the user's is read or changed.
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

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrefresh"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"

	"bastide/rehearsal/provider"
	"bastide/rehearsal/toolchain"
)

// Options says what to run and where.
type Options struct {
	// Dir is a private folder of the engine's own; it holds all that it writes.
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
	// Policies judge what is planned and done; none if there is no pack.
	Policies Policies
	// Providers are attached instead of plugins, by package name.
	Providers map[string]plugin.GrpcProvider
	// Progress gets what the CLI prints; nil for nothing.
	Progress io.Writer
}

// Engine is a stack that is ready to be worked on. Close it.
type Engine struct {
	stack    auto.Stack
	cli      command
	work     string
	policies Policies
	progress []io.Writer
	stops    []func() error
}

// Outcome is what an operation did.
type Outcome struct {
	// Changes counts the resources by what became of them: create, same, ...
	Changes map[apitype.OpType]int
	// Steps lists "operation urn" of all that was not the same, sorted.
	Steps []string
	// Complaints are the warnings and errors that came up.
	Complaints []string
	// Conflicts name, by URN, what somebody else has changed and holds, in
	// Kubernetes' own words.
	Conflicts map[string]string
	// Judgement is what the policy pack said.
	Judgement Judgement
	// Planned is what the engine made up its mind to do with each resource, in its
	// order. Secrets are masked in it.
	Planned []apitype.StepEventMetadata
	// Outputs are the stack's, as far as they are known; secrets are masked.
	Outputs map[string]any
}

// Quiet tells whether an operation found everything as it should be.
func (o Outcome) Quiet() bool {
	return len(o.Changes) == 1 && o.Changes[apitype.OpSame] > 0
}

// Open prepares a stack and attaches the providers.
func Open(ctx context.Context, options Options) (engine *Engine, err error) {
	engine = &Engine{work: filepath.Join(options.Dir, "work"), policies: options.Policies}
	if options.Progress != nil {
		engine.progress = []io.Writer{options.Progress}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, engine.Close())
		}
	}()
	for _, dir := range []string{"home", "backend", "work"} {
		if err := os.MkdirAll(filepath.Join(options.Dir, dir), 0o700); err != nil {
			return engine, fmt.Errorf("making room for the engine: %w", err)
		}
	}
	if err := options.Files.write(engine.work, options.Stack); err != nil {
		return engine, err
	}
	env, err := engine.attach(options)
	if err != nil {
		return engine, err
	}
	version, err := toolchain.PulumiVersion(ctx, options.CLI)
	if err != nil {
		return engine, err
	}
	engine.cli = command{path: options.CLI, version: version, env: env}
	engine.stack, err = auto.UpsertStackLocalSource(ctx, options.Stack, engine.work, auto.Pulumi(engine.cli))
	if err != nil {
		return engine, fmt.Errorf("opening stack %s: %w", options.Stack, explain(err))
	}
	return engine, nil
}

// attach starts the providers and the language host on loopback, and returns
// the whole environment of the CLI.
func (e *Engine) attach(options Options) (env []string, err error) {
	// What a process may know of the machine. HOME is the engine's own, so
	// that no login, kubeconfig or cloud credential is found.
	clean := []string{
		"PATH=" + os.Getenv("PATH"),
		"TMPDIR=" + os.TempDir(),
		"HOME=" + filepath.Join(options.Dir, "home"),
	}
	var attached []string
	for _, name := range slices.Sorted(maps.Keys(options.Providers)) {
		port, stop, err := provider.Serve(options.Providers[name])
		if err != nil {
			return nil, err
		}
		e.stops = append(e.stops, stop)
		attached = append(attached, fmt.Sprintf("%s:%d", name, port))
	}
	port, stop, err := provider.ServeWith(func(server *grpc.Server) {
		pulumirpc.RegisterLanguageRuntimeServer(server, &host{program: options.Program, env: clean})
	})
	if err != nil {
		return nil, err
	}
	e.stops = append(e.stops, stop)
	return append(clean,
		"PULUMI_HOME="+filepath.Join(options.Dir, "home"),
		"PULUMI_BACKEND_URL=file://"+filepath.Join(options.Dir, "backend"),
		"PULUMI_CONFIG_PASSPHRASE="+options.Passphrase,
		"PULUMI_DEBUG_PROVIDERS="+strings.Join(attached, ","),
		fmt.Sprintf("PULUMI_DEBUG_LANGUAGES=go:%d", port),
		"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true",
		"PULUMI_SKIP_UPDATE_CHECK=true",
		"PULUMI_AUTOMATION_API=true",
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

// parallel is far more than the platform has at once, so that the order of work
// shows, not the machine's cores.
const parallel = 64

// Preview tells what Up would do.
func (e *Engine) Preview(ctx context.Context) (Outcome, error) {
	return watch(func(channel chan<- events.EngineEvent) error {
		with := []optpreview.Option{optpreview.Parallel(parallel), optpreview.EventStreams(channel), optpreview.ProgressStreams(e.progress...)}
		packs, levels := e.policies.Flags()
		_, err := e.stack.Preview(ctx, append(with, optpreview.PolicyPacks(packs...), optpreview.PolicyPackConfigs(levels...))...)
		return err
	})
}

// Up brings the stack up.
func (e *Engine) Up(ctx context.Context) (Outcome, error) {
	return watch(func(channel chan<- events.EngineEvent) error {
		with := []optup.Option{optup.Parallel(parallel), optup.EventStreams(channel), optup.ProgressStreams(e.progress...), optup.SuppressOutputs()}
		packs, levels := e.policies.Flags()
		_, err := e.stack.Up(ctx, append(with, optup.PolicyPacks(packs...), optup.PolicyPackConfigs(levels...))...)
		return err
	})
}

// Refresh compares the state with the cloud.
func (e *Engine) Refresh(ctx context.Context) (Outcome, error) {
	return watch(func(channel chan<- events.EngineEvent) error {
		_, err := e.stack.Refresh(ctx, optrefresh.Parallel(parallel), optrefresh.EventStreams(channel), optrefresh.ProgressStreams(e.progress...))
		return err
	})
}

// Destroy takes everything down.
func (e *Engine) Destroy(ctx context.Context) (Outcome, error) {
	return watch(func(channel chan<- events.EngineEvent) error {
		_, err := e.stack.Destroy(ctx, optdestroy.Parallel(parallel), optdestroy.EventStreams(channel), optdestroy.ProgressStreams(e.progress...))
		return err
	})
}

// Export is the state, with secrets encrypted. The Automation API's own export
// would show them.
func (e *Engine) Export(ctx context.Context) (text []byte, deployment *apitype.DeploymentV3, err error) {
	stdout, stderr, _, err := e.cli.Run(ctx, e.work, nil, nil, nil, nil, "stack", "export", "--stack", e.stack.Name())
	if err != nil {
		return nil, nil, fmt.Errorf("exporting the state: %w: %s", err, strings.TrimSpace(stderr))
	}
	exported := struct{ Deployment *apitype.DeploymentV3 }{}
	if err := json.Unmarshal([]byte(stdout), &exported); err != nil {
		return nil, nil, fmt.Errorf("reading the state: %w", err)
	}
	return []byte(stdout), exported.Deployment, nil
}

// Outputs are the stack's outputs.
func (e *Engine) Outputs(ctx context.Context) (auto.OutputMap, error) {
	return e.stack.Outputs(ctx)
}

// watch runs an operation and gathers what its events tell. All events have
// arrived when the operation returns; but when it fails before the first one,
// nobody ever closes the channel.
func watch(operation func(chan<- events.EngineEvent) error) (Outcome, error) {
	channel, over := make(chan events.EngineEvent), make(chan struct{})
	done := make(chan Outcome)
	go func() { done <- gather(channel, over) }()
	err := operation(channel)
	close(over)
	outcome := <-done
	if said := slices.Concat(outcome.Complaints, outcome.Judgement.Violations); err != nil && len(said) > 0 {
		err = errors.New(strings.Join(said, "\n"))
	}
	return outcome, explain(err)
}

func gather(channel <-chan events.EngineEvent, over <-chan struct{}) (outcome Outcome) {
	for {
		select {
		case event, open := <-channel:
			if open {
				outcome.note(event)
				continue
			}
		case <-over:
		}
		slices.Sort(outcome.Steps)
		outcome.Steps = slices.Compact(outcome.Steps)
		return outcome
	}
}

func (o *Outcome) note(event events.EngineEvent) {
	switch {
	case event.SummaryEvent != nil:
		o.Changes = event.SummaryEvent.ResourceChanges
	case event.ResourcePreEvent != nil:
		o.Planned = append(o.Planned, event.ResourcePreEvent.Metadata)
	case event.ResOutputsEvent != nil:
		o.step(event.ResOutputsEvent.Metadata)
	case event.PolicyEvent != nil, event.PolicyAnalyzeSummaryEvent != nil, event.PolicyAnalyzeStackSummaryEvent != nil:
		o.Judgement.note(event)
	case event.DiagnosticEvent != nil && !event.DiagnosticEvent.Ephemeral:
		if severity := event.DiagnosticEvent.Severity; severity == "warning" || severity == "error" {
			o.complain(event.DiagnosticEvent.URN, plain(event.DiagnosticEvent.Message))
		}
	}
}

func (o *Outcome) complain(urn, message string) {
	o.Complaints = append(o.Complaints, message)
	if strings.Contains(message, "conflict with ") {
		if o.Conflicts == nil {
			o.Conflicts = map[string]string{}
		}
		o.Conflicts[urn] = message
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
