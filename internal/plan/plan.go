// Package plan tells what an environment would hold, and what a change of the
// project would do to it. It needs no passphrase, no credentials and no cloud: the
// real engine previews the program against the simulated one, with placeholders for
// what is encrypted.
package plan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"bastide/environment/stackfile"
	"bastide/internal/rehearsal/children"
	"bastide/internal/rehearsal/engine"
	"bastide/internal/rehearsal/report"
	"bastide/internal/rehearsal/simulation"
	"bastide/internal/rehearsal/toolchain"
)

// Options says what to plan.
type Options struct {
	// Root is the folder of the project.
	Root string
	// Environment names Pulumi.ENVIRONMENT.yaml.
	Environment string
	// Pending are settings that are still to be set, and get placeholders.
	Pending []string
	// Assumed are settings that are still to be set, too, and what they are planned
	// with; nothing secret.
	Assumed map[string]any
	// CostLine says in one line what a change costs, given the project's folder before
	// it, which is empty where there was no such environment, and after it. Nil leaves
	// the line out.
	CostLine func(before, after string) (string, error)
	// Progress gets what takes long, in words.
	Progress io.Writer
}

// Plan is what an environment would hold.
type Plan struct {
	Environment string
	Inventory   report.Inventory
	// Placeholders are the settings that are encrypted or pending.
	Placeholders []string
	// PolicyResults is the policy pack's.
	PolicyResults engine.PolicyResults
}

// ErrViolations is the error of a plan that the policy pack objects to.
var ErrViolations = errors.New("the policy pack objects to it; what it says stands above")

// Make plans an environment from nothing. With ErrViolations the plan is complete
// all the same.
func Make(ctx context.Context, o Options) (plan *Plan, err error) {
	files, replaced, err := engine.PlanFiles(o.Root, o.Environment, o.Assumed, o.Pending...)
	if err != nil {
		return nil, err
	}
	if err := stackfile.Disjoint(o.Root); err != nil {
		return nil, err
	}
	p, err := o.open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	built, err := p.build(ctx, o.Root)
	if err != nil {
		return nil, err
	}
	outcome, err := p.preview(ctx, "", built, files)
	if err = verdict(outcome, err); err != nil && !errors.Is(err, ErrViolations) {
		return nil, err
	}
	return &Plan{
		Environment: o.Environment, Placeholders: replaced, PolicyResults: outcome.PolicyResults,
		Inventory: report.NewPlanned(outcome.Planned, outcome.Outputs),
	}, err
}

// verdict is ErrViolations if the policy pack alone stopped a preview. One that failed
// on its own has found only what it came by.
func verdict(outcome engine.Outcome, failed error) error {
	faults := faults(outcome)
	switch {
	case failed != nil && len(faults) > 0:
		return errors.New(strings.Join(counted(faults), "\n"))
	case len(outcome.PolicyResults.Violations) > 0:
		return ErrViolations
	}
	return failed
}

// faults are the complaints that tell something.
func faults(outcome engine.Outcome) []string {
	const always = "preview failed" // says the engine, whatever the reason
	return slices.DeleteFunc(slices.Clone(outcome.Complaints), func(said string) bool { return said == always })
}

// counted are messages, each once, with how often it came.
func counted(messages []string) (each []string) {
	count := map[string]int{}
	for _, message := range messages {
		if count[message]++; count[message] == 1 {
			each = append(each, message)
		}
	}
	for i, message := range each {
		if count[message] > 1 {
			each[i] = fmt.Sprintf("%s (%d times)", message, count[message])
		}
	}
	return each
}

// bench is where plans are made: a private folder that goes with it.
type bench struct {
	Options
	dir, cli   string
	simulation *simulation.Simulation
	release    func() error // gives back the book of what was started
}

// open prepares a folder and the Pulumi CLI.
func (o Options) open(ctx context.Context) (b *bench, err error) {
	release, err := children.Keep(o.Root, o.Progress)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, release())
		}
	}()
	cli, err := toolchain.Pulumi(ctx, o.Root, o.Progress)
	if err != nil {
		return nil, err
	}
	parent := o.Dir()
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return nil, fmt.Errorf("making room for the plan: %w", err)
	}
	dir, err := os.MkdirTemp(parent, "bench-")
	if err != nil {
		return nil, fmt.Errorf("making room for the plan: %w", err)
	}
	return &bench{Options: o, dir: dir, cli: cli, simulation: simulation.New("", dir, 0), release: release}, nil
}

// Dir is where the results of plans are kept.
func (o Options) Dir() string { return filepath.Join(o.Root, "build", "plan", o.Environment) }

func (p *bench) close() error {
	return errors.Join(p.simulation.Close(), os.RemoveAll(p.dir), p.release())
}

// built is a revision of the program and of the policy pack.
type built struct {
	program  string
	policies engine.Policies
}

// build builds those of a folder. An old revision need not have a policy pack.
func (p *bench) build(ctx context.Context, root string) (b built, err error) {
	if b.program, err = toolchain.Program(ctx, root, p.Progress); err != nil {
		return b, err
	}
	if _, err := os.Stat(filepath.Join(root, "policies")); errors.Is(err, fs.ErrNotExist) {
		return b, nil
	}
	b.policies, err = engine.BuildPolicies(ctx, root, p.Environment, p.Progress)
	return b, err
}

// on works on the stack with a revision of the program.
func (p *bench) on(ctx context.Context, b built, files engine.Files, work func(*engine.Engine) error) error {
	e, err := engine.Open(ctx, engine.Options{
		Dir: p.dir, CLI: p.cli, Program: b.program, Stack: p.Environment, Files: files,
		Passphrase: engine.Passphrase, Policies: b.policies, Providers: p.simulation.Providers(),
	})
	if err != nil {
		return err
	}
	return errors.Join(work(e), e.Close())
}

// preview previews a revision; of names it in errors.
func (p *bench) preview(ctx context.Context, of string, b built, files engine.Files) (outcome engine.Outcome, err error) {
	err = p.on(ctx, b, files, func(e *engine.Engine) (err error) {
		outcome, err = e.Preview(ctx)
		return err
	})
	if err != nil && of != "" {
		err = fmt.Errorf("previewing %s: %w", of, err)
	}
	return outcome, err
}

// Write keeps the plan in a file and returns its path.
func (p *Plan) Write(o Options) (path string, err error) {
	text, err := p.Inventory.YAML()
	if err != nil {
		return "", err
	}
	return keep(o, "inventory.yaml", text)
}

func keep(o Options, name string, text []byte) (path string, err error) {
	path = filepath.Join(o.Dir(), name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return "", fmt.Errorf("keeping the plan: %w", err)
	}
	return path, nil
}

// String is the plan for people: each resource with its name in the cloud, and what
// the policies say.
func (p *Plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s would hold %d resources, if nothing of it existed yet:\n", p.Environment, len(p.Inventory.Resources))
	kind := ""
	for _, r := range p.Inventory.Resources {
		if r.Type != kind {
			kind = r.Type
			fmt.Fprintf(&b, "\n%s: %d\n", kind, p.Inventory.Counts[kind])
		}
		line := fmt.Sprintf("  %-52s %s", r.Name, called(r.Inputs))
		if r.Protected {
			line += "  (protected)"
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String() + "\n" + p.Summary()
}

// Summary is the plan without the list.
func (p *Plan) Summary() string {
	var b strings.Builder
	if len(p.Placeholders) > 0 {
		fmt.Fprintf(&b, "placeholders stand for %s; nothing was decrypted\n", strings.Join(p.Placeholders, ", "))
	}
	for _, violation := range p.PolicyResults.Violations {
		fmt.Fprintf(&b, "violation: %s\n", violation)
	}
	fmt.Fprintf(&b, "plan: %d resources, %d policies, %d violations; %d values can be judged in `up` only\n",
		len(p.Inventory.Resources), len(p.PolicyResults.Policies), len(p.PolicyResults.Violations), p.PolicyResults.Later)
	return b.String()
}

// called is what a resource is called where it will be, as far as that is known.
func called(inputs map[string]any) string {
	metadata, _ := inputs["metadata"].(map[string]any)
	var parts []string
	for _, part := range []any{metadata["namespace"], metadata["name"], inputs["name"], inputs["accountId"], inputs["service"]} {
		if text, isText := part.(string); isText && text != report.Unknown {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, "/")
}
