package plan

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"bastide/environment/stackfile"
	"bastide/internal/rehearsal/engine"
	"bastide/internal/rehearsal/report"
	"bastide/internal/rehearsal/simulation"
	"bastide/internal/rehearsal/toolchain"
)

// Comparison is what the working tree would change in an environment that was brought up
// from a revision.
type Comparison struct {
	Environment string
	// Against is the name of the revision, and its commit.
	Against string
	// Uncommitted is true if the working tree has uncommitted changes, New if the
	// revision has no such environment.
	Uncommitted, New bool
	// Settings are the settings that differ. Changes are the changes of resources; Same
	// counts the resources that stay as they are.
	Settings []Property
	Changes  []Change
	Same     int
	// Before and After are the environment with the revision and with the working tree.
	Before, After report.Inventory
	// Cost is the line that Options.CostLine returns.
	Cost string
	// Evaluated are the policies that evaluated something, before and after. Appeared are
	// violations that only the working tree has, Vanished those that only the revision has.
	Evaluated          [2][]string
	Appeared, Vanished []string
	// Failed is true if the preview of the working tree failed. Messages are the engine's
	// error messages, without those about changes that are refused.
	Failed   bool
	Messages []string
	// Placeholders are the encrypted settings, which placeholders replace.
	Placeholders []string
}

// ErrFailure is the error of a comparison whose preview failed.
var ErrFailure = errors.New("the preview of the working tree failed; its messages are listed above")

// Compare brings an environment up from a revision, on the simulated cloud, and previews
// the working tree on top of that. The real engine and the providers' schemas decide what
// changes. Compare returns a comparison with ErrViolations and ErrFailure, too.
func Compare(ctx context.Context, o Options, against string) (c *Comparison, err error) {
	files, replaced, err := engine.PlanFiles(o.Root, o.Environment, nil)
	if err != nil {
		return nil, err
	}
	if err := stackfile.Disjoint(o.Root); err != nil {
		return nil, err
	}
	base, err := find(ctx, o.Root, against)
	if err != nil {
		return nil, err
	}
	c = &Comparison{Environment: o.Environment, Against: base.String(), Placeholders: replaced}
	if c.Uncommitted, err = uncommitted(ctx, o.Root); err != nil {
		return nil, err
	}
	w, err := o.open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	head, err := w.build(ctx, o.Root)
	if err != nil {
		return nil, err
	}
	before, beforeInput, err := w.before(ctx, c, base, head)
	if err != nil {
		return nil, err
	}
	if err := w.cost(c); err != nil {
		return nil, err
	}
	outcome, err := w.preview(ctx, "", head, files)
	if ctx.Err() != nil {
		return nil, err
	}
	err = c.conclude(before, outcome, err)
	if explainErr := w.explain(ctx, c, beforeInput, input{head, files}); explainErr != nil {
		return nil, explainErr
	}
	return c, err
}

// input is what an environment is brought up from: the binaries and its settings.
type input struct {
	built
	files engine.Files
}

// revision is the folder with the files of the revision to compare with.
func (w *workspace) revision() string { return filepath.Join(w.dir, "revision") }

// cost fills in the cost of the change, if Options.CostLine is given.
func (w *workspace) cost(c *Comparison) (err error) {
	if w.CostLine == nil {
		return nil
	}
	before := w.revision()
	if c.New {
		before = ""
	}
	c.Cost, err = w.CostLine(before, w.Root)
	return err
}

// buildBase builds the revision's program and policy pack, unless they equal the working tree's.
func (w *workspace) buildBase(ctx context.Context, base revision, head built) (built, error) {
	same, err := base.sameProgram(ctx)
	if err != nil {
		return built{}, err
	}
	if same {
		head.policies.Levels = engine.Levels(w.revision(), w.Environment)
		return head, nil
	}
	made, err := w.build(ctx, w.revision())
	if err != nil {
		err = fmt.Errorf("revision %s: %w", base, err)
	}
	return made, err
}

// before brings the environment up from the revision and returns the outcome of another
// preview. If the revision has no such environment the outcome is empty.
func (w *workspace) before(ctx context.Context, c *Comparison, base revision, head built) (outcome engine.Outcome, made input, err error) {
	root := w.revision()
	if err := os.Mkdir(root, 0o700); err != nil {
		return outcome, made, fmt.Errorf("creating the folder of revision %s: %w", base, err)
	}
	if err := base.unpack(ctx, root); err != nil {
		return outcome, made, err
	}
	made.files, _, err = engine.RevisionFiles(root, w.Environment)
	if errors.Is(err, stackfile.ErrNotFound) {
		c.New = true
		return outcome, made, nil
	}
	if err != nil {
		return outcome, made, fmt.Errorf("revision %s: %w; type `bastide plan %s` to plan without it", base, err, w.Environment)
	}
	if c.Settings, err = settings(root, w.Root, w.Environment); err != nil {
		return outcome, made, err
	}
	binaries, err := toolchain.Kubernetes(ctx, w.Root, w.Progress)
	if err != nil {
		return outcome, made, err
	}
	w.simulation = simulation.New(binaries, w.dir, 0)
	if made.built, err = w.buildBase(ctx, base, head); err != nil {
		return outcome, made, err
	}
	fmt.Fprintf(w.Progress, "bringing %s up on the simulated cloud from %s, to compare with\n", w.Environment, base)
	outcome, err = w.bringUp(ctx, base, made)
	return outcome, made, err
}

// bringUp brings the environment up from the revision and previews it again.
func (w *workspace) bringUp(ctx context.Context, base revision, made input) (outcome engine.Outcome, err error) {
	withoutPolicies := made.built
	withoutPolicies.policies = engine.Policies{} // a violation in the revision must not stop the comparison
	err = w.on(ctx, withoutPolicies, made.files, func(e *engine.Engine) error {
		_, err := e.Up(ctx)
		return err
	})
	if err != nil {
		return outcome, fmt.Errorf("revision %s does not come up, so nothing can be compared with it; type `bastide plan %s` to plan without it: %w", base, w.Environment, err)
	}
	outcome, err = w.preview(ctx, base.String(), made.built, made.files)
	if errors.Is(policyError(outcome, err), ErrViolations) {
		err = nil // they were there before
	}
	return outcome, err
}

// conclude fills in the comparison from the outcomes of the two previews.
func (c *Comparison) conclude(before, after engine.Outcome, failed error) error {
	c.Changes, c.Same = changes(after.Planned)
	c.Before, c.After = report.NewPlanned(before.Planned, before.Outputs), report.NewPlanned(after.Planned, after.Outputs)
	c.Evaluated = [2][]string{slices.Sorted(slices.Values(before.PolicyResults.Policies)), slices.Sorted(slices.Values(after.PolicyResults.Policies))}
	c.Appeared = only(after.PolicyResults.Violations, before.PolicyResults.Violations)
	c.Vanished = only(before.PolicyResults.Violations, after.PolicyResults.Violations)
	refusals := c.refuse(after.Refused)
	failed = policyError(after, failed)
	if failed == nil || errors.Is(failed, ErrViolations) {
		return failed
	}
	c.Failed = true
	messages := errorMessages(after)
	if len(messages) == 0 {
		messages = []string{failed.Error()}
	}
	c.Messages = withCounts(slices.DeleteFunc(messages, func(message string) bool { return slices.Contains(refusals, message) }))
	return ErrFailure
}

// refuse marks the changes that are refused, and returns the engine's messages about them,
// which the comparison replaces with its own.
func (c *Comparison) refuse(refused map[string]string) (messages []string) {
	for i, change := range c.Changes {
		message, found := refused[change.URN]
		if c.Changes[i].Refused = found; found {
			messages = append(messages, message)
		}
	}
	return messages
}

// only returns the texts that are in the first list and not in the second, sorted.
func only(first, second []string) (alone []string) {
	for _, text := range first {
		if !slices.Contains(second, text) && !slices.Contains(alone, text) {
			alone = append(alone, text)
		}
	}
	slices.Sort(alone)
	return alone
}

// Write writes the whole comparison to a file and returns its path.
func (c *Comparison) Write(o Options) (path string, err error) {
	return writeFile(o, "changes.md", []byte(c.Markdown(math.MaxInt)))
}
