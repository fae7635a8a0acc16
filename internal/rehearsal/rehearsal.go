// Package rehearsal runs the whole program on one machine, with the real Pulumi
// engine against simulated providers and a local cluster. It runs preview, up, a
// second preview and a refresh, writes a report, and fails if any of them does not
// go as expected.
package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"bastide/environment"
	"bastide/environment/stackfile"
	"bastide/internal/rehearsal/children"
	"bastide/internal/rehearsal/engine"
	"bastide/internal/rehearsal/googlecloud"
	"bastide/internal/rehearsal/report"
	"bastide/internal/rehearsal/simulation"
	"bastide/internal/rehearsal/toolchain"
)

// maxSlack is the highest accepted ratio of an up's makespan to its critical path.
const maxSlack = 1.05

// Options says what to rehearse.
type Options struct {
	// Root is the folder of the project.
	Root string
	// Environment names Pulumi.ENVIRONMENT.yaml, there or in tests/environments.
	Environment string
	// Dir is the folder that the rehearsal works in and reports to; empty for
	// build/rehearsal/ENVIRONMENT.
	Dir string
	// Scale is how many simulated seconds pass per second of real time. The cloud's
	// calls take their typical time on that clock; at 0 they take no time.
	Scale float64
	// Destroy also destroys the stack, and brings it up again.
	Destroy bool
	// Keep leaves the cluster running for inspection until the context ends.
	Keep bool
	// Out receives the progress and the summary.
	Out io.Writer
}

// run is one rehearsal under way.
type run struct {
	Options
	// folder holds the environment's file.
	folder     string
	simulation *simulation.Simulation
	engine     *engine.Engine
	// unlock releases the folder, release the registry of processes.
	unlock, release func() error
	// policies are those that evaluated at least one resource; later counts the
	// values that the preview did not know yet.
	policies []string
	later    int
}

// Run rehearses an environment. The error, if any, says which expectation failed.
func Run(ctx context.Context, options Options) (err error) {
	r := &run{Options: options}
	defer func() {
		if err != nil && ctx.Err() == nil {
			err = errors.Join(err, r.checkCluster())
		}
		err = errors.Join(err, r.close())
	}()
	if err := r.open(ctx); err != nil {
		return err
	}

	history, err := r.bringUp(ctx)
	if err != nil {
		return err
	}
	if options.Destroy {
		if err := r.takeDown(ctx); err != nil {
			return err
		}
		if history, err = r.bringUp(ctx); err != nil {
			return err
		}
	}
	if err := r.report(ctx, history); err != nil {
		return err
	}
	if options.Keep {
		r.keep(ctx)
	}
	return nil
}

// open builds the program, clears what an earlier rehearsal left, and prepares
// the engine.
func (r *run) open(ctx context.Context) error {
	r.folder = Folder(r.Root, r.Environment)
	files, replaced, err := engine.ReadFiles(r.Root, r.folder, r.Environment)
	if err != nil {
		return explain(err, r.Root)
	}
	if r.folder != r.Root {
		fmt.Fprintf(r.Out, "rehearsing the example %s\n", filepath.Join(r.folder, stackfile.Name(r.Environment)))
	}
	if len(replaced) > 0 {
		slices.Sort(replaced)
		fmt.Fprintf(r.Out, "placeholders replace this environment's encrypted settings: %s\n", strings.Join(replaced, ", "))
	}
	if r.Dir == "" {
		r.Dir = filepath.Join(r.Root, "build", "rehearsal", r.Environment)
	}
	if r.Dir, err = filepath.Abs(r.Dir); err != nil {
		return fmt.Errorf("finding the rehearsal's folder: %w", err)
	}
	if r.unlock, err = lock(r.Dir); err != nil {
		return err
	}
	if r.release, err = children.OpenRegistry(r.Root, r.Out); err != nil {
		return err
	}
	if err := Clear(r.Dir); err != nil {
		return err
	}
	tools, err := toolchain.Pinned(ctx, r.Root, r.Out)
	if err != nil {
		return err
	}
	r.simulation = simulation.New(tools.Kubernetes, r.Dir, r.Scale)
	r.simulation.Cluster.Begin(ctx)
	if err := tools.Build(ctx, r.Root, r.Out); err != nil {
		return err
	}
	r.engine, err = engine.Open(ctx, engine.Options{
		Dir: r.Dir, CLI: tools.CLI, Program: tools.Program,
		Stack: r.Environment, Files: files, Passphrase: engine.Passphrase,
		Policies:  engine.Policies{Pack: tools.Policies, Levels: r.levels()},
		Providers: r.simulation.Providers(),
		Progress:  r.Out,
	})
	return err
}

// levels is the path of the file with the environment's enforcement levels; an
// example has it beside its own file.
func (r *run) levels() string {
	if r.folder != r.Root {
		return levels(r.folder, r.Environment)
	}
	return engine.Levels(r.Root, r.Environment)
}

// checkCluster returns an error if a process of the cluster has ended, since that may
// be why the rehearsal failed.
func (r *run) checkCluster() error {
	if r.simulation == nil || r.simulation.Cluster.ControlPlane() == nil {
		return nil
	}
	return r.simulation.Cluster.ControlPlane().Check()
}

// close releases whatever open acquired before it returned.
func (r *run) close() error {
	var errs []error
	if r.engine != nil {
		errs = append(errs, r.engine.Close())
	}
	if r.simulation != nil {
		errs = append(errs, r.simulation.Close())
	}
	for _, release := range []func() error{r.release, r.unlock} {
		if release != nil {
			errs = append(errs, release())
		}
	}
	return errors.Join(errs...)
}

// keep leaves the cluster running until the context ends.
func (r *run) keep(ctx context.Context) {
	fmt.Fprintf(r.Out, "\nThe cluster runs until Ctrl-C. To use it, type in another terminal:\n\n  export %s\n",
		environment.Command("KUBECONFIG="+r.simulation.Cluster.ControlPlane().Kubeconfig))
	<-ctx.Done()
}

func (r *run) printHeading(text string) {
	fmt.Fprintf(r.Out, "\n== %s\n", text)
}

// bringUp runs a preview and an up, then a preview and a refresh that must find no
// change. It returns the cloud's operations during up.
func (r *run) bringUp(ctx context.Context) ([]googlecloud.Operation, error) {
	r.printHeading("preview")
	preview, err := r.engine.Preview(ctx)
	if err := requireClean("preview", preview, err); err != nil {
		return nil, err
	}
	r.printHeading("up")
	up, err := r.engine.Up(ctx)
	if err := requireClean("up", up, err); err != nil {
		return nil, err
	}
	if unexpected := differences(preview.Steps, up.Steps); len(unexpected) > 0 {
		return nil, fmt.Errorf("up did not do what the preview planned:\n%s", strings.Join(unexpected, "\n"))
	}
	history := r.simulation.Cloud.History()
	r.policies, r.later = up.PolicyResults.Policies, preview.PolicyResults.Unknown
	fmt.Fprintf(r.Out, "policies: %d evaluated, 0 violations; %d values were unknown in the preview, %d still after up\n",
		len(r.policies), r.later, up.PolicyResults.Unknown)

	r.printHeading("preview again: nothing may change")
	again, err := r.engine.Preview(ctx)
	if err := requireUnchanged("the second preview", again, err); err != nil {
		return nil, err
	}
	r.printHeading("refresh: nothing may have drifted")
	refresh, err := r.engine.Refresh(ctx)
	return history, requireUnchanged("the refresh", refresh, err)
}

// takeDown destroys the stack, and drops the cloud's record of it.
func (r *run) takeDown(ctx context.Context) error {
	r.printHeading("destroy")
	destroy, err := r.engine.Destroy(ctx)
	r.simulation.Cloud.History()
	return requireClean("destroy", destroy, err)
}

// requireClean returns an error if an operation failed, warned or violated a policy.
func requireClean(operation string, outcome engine.Outcome, err error) error {
	if messages := slices.Concat(outcome.Diagnostics, outcome.PolicyResults.Violations); err == nil && len(messages) > 0 {
		err = errors.New(strings.Join(messages, "\n"))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	return nil
}

// requireUnchanged is requireClean, and also requires that nothing changed.
func requireUnchanged(operation string, outcome engine.Outcome, err error) error {
	if err := requireClean(operation, outcome, err); err != nil || outcome.Unchanged() {
		return err
	}
	return fmt.Errorf("%s found changes:\n%s", operation, strings.Join(outcome.Steps, "\n"))
}

// differences lists the steps that are in one of the lists only.
func differences(planned, done []string) (only []string) {
	for _, step := range planned {
		if !slices.Contains(done, step) {
			only = append(only, "planned only: "+step)
		}
	}
	for _, step := range done {
		if !slices.Contains(planned, step) {
			only = append(only, "done only: "+step)
		}
	}
	return only
}

// report writes the files, checks the timeline and the cluster's admission, and
// prints the summary.
func (r *run) report(ctx context.Context, history []googlecloud.Operation) error {
	state, deployment, err := r.engine.Export(ctx)
	if err != nil {
		return err
	}
	timeline := report.NewTimeline(history, deployment, googlecloud.CreationTime)
	inventory := report.NewInventory(deployment)
	if err := r.write(inventory, timeline, state); err != nil {
		return err
	}
	if err := r.writePage(ctx, deployment, inventory, timeline); err != nil {
		return err
	}
	if err := r.writeValues(deployment); err != nil {
		return err
	}
	if timeline.Slack() > maxSlack {
		return fmt.Errorf("up takes %.0f s, but its critical path only %.0f s (ratio %.2f, at most %.2f): some resource waits for one that it does not depend on; see %s",
			timeline.Makespan, timeline.Critical, timeline.Slack(), maxSlack, filepath.Join(r.Dir, timelineFile))
	}
	r.printHeading("what the cluster admits, and what it refuses")
	if err := r.deployExample(ctx); err != nil {
		return err
	}
	if err := r.checkAdmission(ctx, deployment); err != nil {
		return err
	}
	r.printHeading("timeline, in simulated seconds (= is the critical path)")
	fmt.Fprintln(r.Out, timeline)
	fmt.Fprintf(r.Out, "report: %s\n", filepath.Join(r.Dir, pageFile))
	fmt.Fprintf(r.Out, "rehearsal: %d resources, %d policies, %d violations, makespan %.0f s (critical path %.0f s)\n",
		len(inventory.Resources), len(r.policies), 0, timeline.Makespan, timeline.Critical)
	return nil
}

// write writes the files of the report.
func (r *run) write(inventory report.Inventory, timeline report.Timeline, state []byte) error {
	listing, err := inventory.YAML()
	if err != nil {
		return err
	}
	times, err := report.JSON(timeline)
	if err != nil {
		return err
	}
	manifests, err := inventory.Manifests()
	if err != nil {
		return err
	}
	files := map[string][]byte{inventoryFile: listing, timelineFile: times, stateFile: state}
	for name, text := range manifests {
		files[filepath.Join(manifestsDir, name)] = text
	}
	if err := os.MkdirAll(filepath.Join(r.Dir, manifestsDir), 0o700); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(r.Dir, name), text, 0o600); err != nil {
			return fmt.Errorf("writing the report: %w", err)
		}
	}
	return nil
}
