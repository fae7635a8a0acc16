package plan

import (
	"context"
	"fmt"
	"slices"

	"bastide/environment/stackfile"
	"bastide/internal/rehearsal/engine"
)

// theProgram is the cause of replacements that no setting causes.
const theProgram = "the change of the program"

// candidate is a difference that may cause a replacement, with the input of the
// environment if it were the only difference.
type candidate struct {
	name string
	input
}

// explain finds the causes of the replacements: it previews each difference by itself. A
// single difference is the cause without a preview.
func (w *workspace) explain(ctx context.Context, c *Comparison, before, after input) error {
	isReplaced := func(change Change) bool { return change.Kind == Replaced }
	if !slices.ContainsFunc(c.Changes, isReplaced) {
		return nil
	}
	defaults, err := stackfile.Defaults(w.Root)
	if err != nil {
		return err
	}
	all, err := candidates(c.Settings, defaults, before, after)
	if err != nil {
		return err
	}
	if len(all) > 1 {
		fmt.Fprintf(w.Progress, "previewing each of %d differences by itself, to find out which one replaces resources\n", len(all))
	}
	for _, difference := range all {
		replaced := isReplaced
		if len(all) > 1 {
			difference.policies = engine.Policies{}
			outcome, _ := w.preview(ctx, "", difference.built, difference.files) // it may fail, as part of the whole change
			if ctx.Err() != nil {
				return ctx.Err()
			}
			alone, _ := changes(outcome.Planned)
			replaced = func(change Change) bool {
				return slices.ContainsFunc(alone, func(other Change) bool { return other.URN == change.URN && isReplaced(other) })
			}
		}
		for i, change := range c.Changes {
			if isReplaced(change) && replaced(change) {
				c.Changes[i].Causes = append(c.Changes[i].Causes, difference.name)
			}
		}
	}
	return nil
}

// candidates are the settings that differ, and the program if it does.
func candidates(settings []Property, defaults map[string]any, before, after input) (all []candidate, err error) {
	if before.program != after.program {
		// Settings that only one of the two programs knows can't be told apart from it.
		all = append(all, candidate{theProgram, input{after.built, before.files}})
	}
	for _, setting := range settings {
		files, err := before.files.With(after.files, defaults, setting.Path)
		if err != nil {
			return nil, err
		}
		all = append(all, candidate{setting.Path, input{before.built, files}})
	}
	return all, nil
}
