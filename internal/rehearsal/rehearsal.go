// Package rehearsal runs the whole program on one machine: the real engine,
// simulated surroundings. It previews, brings up, previews again, refreshes and
// reports, and fails if anything is not as it should be.
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

// slack is how much longer than the critical path the order of work may take.
const slack = 1.05

// Options says what to rehearse.
type Options struct {
	// Root is the folder of the project.
	Root string
	// Environment names Pulumi.ENVIRONMENT.yaml, there or in tests/environments.
	Environment string
	// Dir is the folder that the rehearsal works in and reports to; empty for
	// build/rehearsal/ENVIRONMENT.
	Dir string
	// Scale lets the cloud's calls take their typical time on a clock that runs this
	// many times as fast as the wall's; at 0 they take none.
	Scale float64
	// Destroy also takes everything down, and brings it up again.
	Destroy bool
	// Keep leaves the cluster running, to look around in, until the context
	// ends.
	Keep bool
	// Out is where progress and the report go.
	Out io.Writer
}

// run is one rehearsal under way.
type run struct {
	Options
	// folder is where the environment's file stands.
	folder     string
	simulation *simulation.Simulation
	engine     *engine.Engine
	// unlock and release give the folder back, and the book of what was started.
	unlock, release func() error
	// policies are those that judged something; later counts what the preview left
	// to up.
	policies []string
	later    int
}

// Run rehearses an environment. The error, if any, says what did not hold.
func Run(ctx context.Context, options Options) (err error) {
	r := &run{Options: options}
	defer func() {
		if err != nil && ctx.Err() == nil {
			err = errors.Join(err, r.fallen())
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
		fmt.Fprintf(r.Out, "this is an example, %s\n", filepath.Join(r.folder, stackfile.Name(r.Environment)))
	}
	if len(replaced) > 0 {
		slices.Sort(replaced)
		fmt.Fprintf(r.Out, "stand-ins are used for what this environment encrypts: %s\n", strings.Join(replaced, ", "))
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
	if r.release, err = children.Keep(r.Root, r.Out); err != nil {
		return err
	}
	if err := Clear(r.Dir); err != nil {
		return err
	}
	tools, err := toolchain.Prepare(ctx, r.Root, r.Out, func(t toolchain.Tools) {
		r.simulation = simulation.New(t.Kubernetes, r.Dir, r.Scale)
		r.simulation.Cluster.Begin(ctx)
	})
	if err != nil {
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

// levels is the path of the environment's levels; an example has them beside it.
func (r *run) levels() string {
	if r.folder != r.Root {
		return levels(r.folder, r.Environment)
	}
	return engine.Levels(r.Root, r.Environment)
}

// fallen tells of a part of the cluster that has ended, and so may be the reason.
func (r *run) fallen() error {
	if r.simulation == nil || r.simulation.Cluster.ControlPlane() == nil {
		return nil
	}
	return r.simulation.Cluster.ControlPlane().Check()
}

// close undoes open, as far as it came.
func (r *run) close() error {
	var errs []error
	if r.engine != nil {
		errs = append(errs, r.engine.Close())
	}
	if r.simulation != nil {
		errs = append(errs, r.simulation.Close())
	}
	for _, give := range []func() error{r.release, r.unlock} {
		if give != nil {
			errs = append(errs, give())
		}
	}
	return errors.Join(errs...)
}

// keep waits until somebody has seen enough.
func (r *run) keep(ctx context.Context) {
	fmt.Fprintf(r.Out, "\nThe cluster runs until Ctrl-C. To look around in it, in another terminal:\n\n  export %s\n",
		environment.Command("KUBECONFIG="+r.simulation.Cluster.ControlPlane().Kubeconfig))
	<-ctx.Done()
}

func (r *run) say(what string) {
	fmt.Fprintf(r.Out, "\n== %s\n", what)
}

// bringUp is preview, up, a preview and a refresh that must find nothing.
// It returns what the cloud did.
func (r *run) bringUp(ctx context.Context) ([]googlecloud.Operation, error) {
	r.say("preview")
	preview, err := r.engine.Preview(ctx)
	if err := held("preview", preview, err); err != nil {
		return nil, err
	}
	r.say("up")
	up, err := r.engine.Up(ctx)
	if err := held("up", up, err); err != nil {
		return nil, err
	}
	if surprises := differences(preview.Steps, up.Steps); len(surprises) > 0 {
		return nil, fmt.Errorf("up did not do what the preview said:\n%s", strings.Join(surprises, "\n"))
	}
	history := r.simulation.Cloud.History()
	r.policies, r.later = up.PolicyResults.Policies, preview.PolicyResults.Later
	fmt.Fprintf(r.Out, "policies: %d judged, 0 violations; the preview left %d values to up, which left %d\n",
		len(r.policies), r.later, up.PolicyResults.Later)

	r.say("preview again: nothing may change")
	again, err := r.engine.Preview(ctx)
	if err := quiet("the second preview", again, err); err != nil {
		return nil, err
	}
	r.say("refresh: nothing may have drifted")
	refresh, err := r.engine.Refresh(ctx)
	return history, quiet("the refresh", refresh, err)
}

// takeDown destroys everything.
func (r *run) takeDown(ctx context.Context) error {
	r.say("destroy")
	destroy, err := r.engine.Destroy(ctx)
	r.simulation.Cloud.History()
	return held("destroy", destroy, err)
}

// held turns an operation's complaints into an error.
func held(operation string, outcome engine.Outcome, err error) error {
	if said := slices.Concat(outcome.Complaints, outcome.PolicyResults.Violations); err == nil && len(said) > 0 {
		err = errors.New(strings.Join(said, "\n"))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	return nil
}

// quiet is held, and that nothing changed.
func quiet(operation string, outcome engine.Outcome, err error) error {
	if err := held(operation, outcome, err); err != nil || outcome.Quiet() {
		return err
	}
	return fmt.Errorf("%s found changes:\n%s", operation, strings.Join(outcome.Steps, "\n"))
}

// differences lists what stands in one list only.
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

// report has the files written, judges, and prints what people want to see.
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
	if timeline.Slack() > slack {
		return fmt.Errorf("the program's order takes %.0f s where the cloud needs %.0f s (%.2f times, at most %.2f): something waits for what it does not need; see %s",
			timeline.Makespan, timeline.Critical, timeline.Slack(), slack, filepath.Join(r.Dir, timelineFile))
	}
	r.say("what the cluster lets pass, and what it refuses")
	if err := r.deployExample(ctx); err != nil {
		return err
	}
	if err := r.verdicts(ctx, deployment); err != nil {
		return err
	}
	r.say("timeline, in seconds of the cloud (= is the critical path)")
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
