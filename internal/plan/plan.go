// Package plan lists the resources that an environment would have, and what a change of the
// project would do to them. It needs no passphrase, no credentials and no cloud: the real
// engine previews the program against the simulated cloud, with placeholders in place of
// encrypted settings.
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
	// Root is the project's folder.
	Root string
	// Environment names Pulumi.ENVIRONMENT.yaml.
	Environment string
	// Pending are settings that are not set yet. They get placeholders.
	Pending []string
	// Assumed are values for further settings that are not set yet. None is secret.
	Assumed map[string]any
	// CostLine says in one line what a change costs, given the project's folder before and
	// after the change. Before is empty if there was no such environment. If CostLine is
	// nil the line is left out.
	CostLine func(before, after string) (string, error)
	// Progress receives messages about steps that take long.
	Progress io.Writer
}

// Plan lists the resources that an environment would have.
type Plan struct {
	Environment string
	Inventory   report.Inventory
	// Placeholders are the settings that placeholders replace: those encrypted or pending.
	Placeholders []string
	// PolicyResults are the results of the policy pack.
	PolicyResults engine.PolicyResults
}

// ErrViolations is the error of a plan that violates policies.
var ErrViolations = errors.New("the policy pack reports violations; they are listed above")

// Make plans an environment from nothing. With ErrViolations it returns a complete plan,
// too.
func Make(ctx context.Context, o Options) (plan *Plan, err error) {
	files, replaced, err := engine.PlanFiles(o.Root, o.Environment, o.Assumed, o.Pending...)
	if err != nil {
		return nil, err
	}
	if err := stackfile.Disjoint(o.Root); err != nil {
		return nil, err
	}
	w, err := o.open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	built, err := w.build(ctx, o.Root)
	if err != nil {
		return nil, err
	}
	outcome, err := w.preview(ctx, "", built, files)
	if err = policyError(outcome, err); err != nil && !errors.Is(err, ErrViolations) {
		return nil, err
	}
	return &Plan{
		Environment: o.Environment, Placeholders: replaced, PolicyResults: outcome.PolicyResults,
		Inventory: report.NewPlanned(outcome.Planned, outcome.Outputs),
	}, err
}

// policyError is ErrViolations if there are violations and the engine reports no other error.
// If it reports another one, that is the error, since the list of violations is incomplete.
func policyError(outcome engine.Outcome, failed error) error {
	messages := errorMessages(outcome)
	switch {
	case failed != nil && len(messages) > 0:
		return errors.New(strings.Join(withCounts(messages), "\n"))
	case len(outcome.PolicyResults.Violations) > 0:
		return ErrViolations
	}
	return failed
}

// errorMessages are the engine's error messages, without the one that says nothing.
func errorMessages(outcome engine.Outcome) []string {
	const always = "preview failed" // the engine adds this whatever the reason
	return slices.DeleteFunc(slices.Clone(outcome.Diagnostics), func(said string) bool { return said == always })
}

// withCounts returns each message once, with the number of times that it occurs.
func withCounts(messages []string) (each []string) {
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

// workspace is a temporary folder in which plans are made, with a simulated cloud.
type workspace struct {
	Options
	dir, cli   string
	simulation *simulation.Simulation
	release    func() error // closes the record of the processes that were started
}

// open prepares a folder and the Pulumi CLI.
func (o Options) open(ctx context.Context) (w *workspace, err error) {
	release, err := children.OpenRegistry(o.Root, o.Progress)
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
		return nil, fmt.Errorf("creating a folder for the plan: %w", err)
	}
	dir, err := os.MkdirTemp(parent, "bench-")
	if err != nil {
		return nil, fmt.Errorf("creating a folder for the plan: %w", err)
	}
	return &workspace{Options: o, dir: dir, cli: cli, simulation: simulation.New("", dir, 0), release: release}, nil
}

// Dir is the folder that plans are written to.
func (o Options) Dir() string { return filepath.Join(o.Root, "build", "plan", o.Environment) }

func (w *workspace) close() error {
	return errors.Join(w.simulation.Close(), os.RemoveAll(w.dir), w.release())
}

// built are the binaries of the program and of the policy pack.
type built struct {
	program  string
	policies engine.Policies
}

// build builds the binaries from a folder. An old revision may have no policy pack.
func (w *workspace) build(ctx context.Context, root string) (b built, err error) {
	if b.program, err = toolchain.Program(ctx, root, w.Progress); err != nil {
		return b, err
	}
	if _, err := os.Stat(filepath.Join(root, "policies")); errors.Is(err, fs.ErrNotExist) {
		return b, nil
	}
	b.policies, err = engine.BuildPolicies(ctx, root, w.Environment, w.Progress)
	return b, err
}

// on opens the stack with a build of the program and works on it.
func (w *workspace) on(ctx context.Context, b built, files engine.Files, work func(*engine.Engine) error) error {
	e, err := engine.Open(ctx, engine.Options{
		Dir: w.dir, CLI: w.cli, Program: b.program, Stack: w.Environment, Files: files,
		Passphrase: engine.Passphrase, Policies: b.policies, Providers: w.simulation.Providers(),
	})
	if err != nil {
		return err
	}
	return errors.Join(work(e), e.Close())
}

// preview previews a build of the program; of names the revision in errors.
func (w *workspace) preview(ctx context.Context, of string, b built, files engine.Files) (outcome engine.Outcome, err error) {
	err = w.on(ctx, b, files, func(e *engine.Engine) (err error) {
		outcome, err = e.Preview(ctx)
		return err
	})
	if err != nil && of != "" {
		err = fmt.Errorf("previewing %s: %w", of, err)
	}
	return outcome, err
}

// Write writes the plan to a file and returns its path.
func (p *Plan) Write(o Options) (path string, err error) {
	text, err := p.Inventory.YAML()
	if err != nil {
		return "", err
	}
	return writeFile(o, "inventory.yaml", text)
}

func writeFile(o Options, name string, text []byte) (path string, err error) {
	path = filepath.Join(o.Dir(), name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return "", fmt.Errorf("writing the plan: %w", err)
	}
	return path, nil
}

// String prints the plan: each resource with its name in the cloud, and the results of the
// policies.
func (p *Plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s would have %d resources, if it were created from nothing:\n", p.Environment, len(p.Inventory.Resources))
	kind := ""
	for _, r := range p.Inventory.Resources {
		if r.Type != kind {
			kind = r.Type
			fmt.Fprintf(&b, "\n%s: %d\n", kind, p.Inventory.Counts[kind])
		}
		line := fmt.Sprintf("  %-52s %s", r.Name, cloudName(r.Inputs))
		if r.Protected {
			line += "  (protected)"
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String() + "\n" + p.Summary()
}

// Summary prints the plan without the list of resources.
func (p *Plan) Summary() string {
	var b strings.Builder
	if len(p.Placeholders) > 0 {
		fmt.Fprintf(&b, "placeholders replace %s; nothing was decrypted\n", strings.Join(p.Placeholders, ", "))
	}
	for _, violation := range p.PolicyResults.Violations {
		fmt.Fprintf(&b, "violation: %s\n", violation)
	}
	fmt.Fprintf(&b, "plan: %d resources, %d policies, %d violations; %d values can be checked only during `up`\n",
		len(p.Inventory.Resources), len(p.PolicyResults.Policies), len(p.PolicyResults.Violations), p.PolicyResults.Unknown)
	return b.String()
}

// cloudName is the name of a resource in the cloud or the cluster, as far as it is known.
func cloudName(inputs map[string]any) string {
	metadata, _ := inputs["metadata"].(map[string]any)
	var parts []string
	for _, part := range []any{metadata["namespace"], metadata["name"], inputs["name"], inputs["accountId"], inputs["service"]} {
		if text, isText := part.(string); isText && text != report.Unknown {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, "/")
}
