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

// Comparison is what the working tree would change in an environment that was
// brought up by a revision.
type Comparison struct {
	Environment string
	// Against is the revision in words.
	Against string
	// Uncommitted tells that the working tree is not what was committed last; New
	// that the revision has no such environment.
	Uncommitted, New bool
	// Settings are those that differ, Changes what becomes of the resources; Same
	// counts those that stay as they are.
	Settings []Property
	Changes  []Change
	Same     int
	// Before and After are the environment as it is with either.
	Before, After report.Inventory
	// Cost is what Options.CostLine says.
	Cost string
	// Judged are the policies of either that judged something; Appeared and Vanished
	// are violations.
	Judged             [2][]string
	Appeared, Vanished []string
	// Failed tells that the preview of the working tree did not get to its end, and
	// Messages are what the engine says of that, besides what Changes are refused.
	Failed   bool
	Messages []string
	// Placeholders are the settings that are encrypted.
	Placeholders []string
}

// ErrFailure is the error of a comparison whose preview did not get to its end.
var ErrFailure = errors.New("the working tree's preview failed; what it says stands above")

// Compare brings an environment up as a revision has it, on the simulated cloud,
// and previews the working tree on that: what changes is told by the real engine and
// by the providers' own rules. With ErrViolations and ErrFailure the comparison is
// there all the same.
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
	p, err := o.open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	head, err := p.build(ctx, o.Root)
	if err != nil {
		return nil, err
	}
	before, standing, err := p.before(ctx, c, base, head)
	if err != nil {
		return nil, err
	}
	if err := p.cost(c); err != nil {
		return nil, err
	}
	outcome, err := p.preview(ctx, "", head, files)
	if ctx.Err() != nil {
		return nil, err
	}
	err = c.conclude(before, outcome, err)
	if ended := p.explain(ctx, c, standing, standard{head, files}); ended != nil {
		return nil, ended
	}
	return c, err
}

// standard is what an environment is made from.
type standard struct {
	built
	files engine.Files
}

// revision is where the files of the revision to compare with are.
func (p *bench) revision() string { return filepath.Join(p.dir, "revision") }

// cost asks what the change costs, if there is somebody to ask.
func (p *bench) cost(c *Comparison) (err error) {
	if p.CostLine == nil {
		return nil
	}
	before := p.revision()
	if c.New {
		before = ""
	}
	c.Cost, err = p.CostLine(before, p.Root)
	return err
}

// buildBase builds the revision's program and policy pack, unless they are the same.
func (p *bench) buildBase(ctx context.Context, base revision, head built) (built, error) {
	same, err := base.sameProgram(ctx)
	if err != nil {
		return built{}, err
	}
	if same {
		head.policies.Levels = engine.Levels(p.revision(), p.Environment)
		return head, nil
	}
	made, err := p.build(ctx, p.revision())
	if err != nil {
		err = fmt.Errorf("revision %s: %w", base, err)
	}
	return made, err
}

// before brings the environment up as the revision has it and returns what a
// second preview then said. Without such an environment that is nothing.
func (p *bench) before(ctx context.Context, c *Comparison, base revision, head built) (outcome engine.Outcome, made standard, err error) {
	root := p.revision()
	if err := os.Mkdir(root, 0o700); err != nil {
		return outcome, made, fmt.Errorf("making room for revision %s: %w", base, err)
	}
	if err := base.unpack(ctx, root); err != nil {
		return outcome, made, err
	}
	made.files, _, err = engine.RevisionFiles(root, p.Environment)
	if errors.Is(err, stackfile.ErrNone) {
		c.New = true
		return outcome, made, nil
	}
	if err != nil {
		return outcome, made, fmt.Errorf("revision %s: %w; `bastide plan %s` plans without it", base, err, p.Environment)
	}
	if c.Settings, err = settings(root, p.Root, p.Environment); err != nil {
		return outcome, made, err
	}
	binaries, err := toolchain.Kubernetes(ctx, p.Root, p.Progress)
	if err != nil {
		return outcome, made, err
	}
	p.simulation = simulation.New(binaries, p.dir, 0)
	if made.built, err = p.buildBase(ctx, base, head); err != nil {
		return outcome, made, err
	}
	fmt.Fprintf(p.Progress, "bringing %s of %s up on the simulated cloud, to see what changes\n", p.Environment, base)
	outcome, err = p.stand(ctx, base, made)
	return outcome, made, err
}

// stand brings the revision up and previews it again.
func (p *bench) stand(ctx context.Context, base revision, made standard) (outcome engine.Outcome, err error) {
	unjudged := made.built
	unjudged.policies = engine.Policies{} // what it violates is told, and stops nothing
	err = p.on(ctx, unjudged, made.files, func(e *engine.Engine) error {
		_, err := e.Up(ctx)
		return err
	})
	if err != nil {
		return outcome, fmt.Errorf("revision %s does not come up, so nothing can be compared with it; `bastide plan %s` plans without it: %w", base, p.Environment, err)
	}
	outcome, err = p.preview(ctx, base.String(), made.built, made.files)
	if errors.Is(verdict(outcome, err), ErrViolations) {
		err = nil // they were there before
	}
	return outcome, err
}

// conclude draws the comparison from what was there and what the preview said.
func (c *Comparison) conclude(before, after engine.Outcome, failed error) error {
	c.Changes, c.Same = changes(after.Planned)
	c.Before, c.After = report.NewPlanned(before.Planned, before.Outputs), report.NewPlanned(after.Planned, after.Outputs)
	c.Judged = [2][]string{slices.Sorted(slices.Values(before.PolicyResults.Policies)), slices.Sorted(slices.Values(after.PolicyResults.Policies))}
	c.Appeared = only(after.PolicyResults.Violations, before.PolicyResults.Violations)
	c.Vanished = only(before.PolicyResults.Violations, after.PolicyResults.Violations)
	told := c.refuse(after.Refused)
	failed = verdict(after, failed)
	if failed == nil || errors.Is(failed, ErrViolations) {
		return failed
	}
	c.Failed = true
	said := faults(after)
	if len(said) == 0 {
		said = []string{failed.Error()}
	}
	c.Messages = counted(slices.DeleteFunc(said, func(message string) bool { return slices.Contains(told, message) }))
	return ErrFailure
}

// refuse marks the changes that are refused, and returns what the engine says of them,
// which is told in other words then.
func (c *Comparison) refuse(refused map[string]string) (told []string) {
	for i, change := range c.Changes {
		message, found := refused[change.URN]
		if c.Changes[i].Refused = found; found {
			told = append(told, message)
		}
	}
	return told
}

// only lists what stands in the first list alone, sorted.
func only(first, second []string) (alone []string) {
	for _, text := range first {
		if !slices.Contains(second, text) && !slices.Contains(alone, text) {
			alone = append(alone, text)
		}
	}
	slices.Sort(alone)
	return alone
}

// Write keeps the whole comparison in a file and returns its path.
func (c *Comparison) Write(o Options) (path string, err error) {
	return keep(o, "changes.md", []byte(c.Markdown(math.MaxInt)))
}
