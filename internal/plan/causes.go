package plan

import (
	"context"
	"fmt"
	"slices"

	"bastide/environment/stackfile"
	"bastide/internal/rehearsal/engine"
)

// theProgram is the cause of what happens without a change of settings.
const theProgram = "the change of the program"

// suspect is something that differs, and what the environment would be made from if
// nothing else did.
type suspect struct {
	name string
	standard
}

// explain finds out because of what resources are replaced: what each difference does
// by itself. A single one is the cause without a look.
func (p *bench) explain(ctx context.Context, c *Comparison, before, after standard) error {
	isReplaced := func(change Change) bool { return change.Kind == Replaced }
	if !slices.ContainsFunc(c.Changes, isReplaced) {
		return nil
	}
	defaults, err := stackfile.Defaults(p.Root)
	if err != nil {
		return err
	}
	suspects, err := suspects(c.Settings, defaults, before, after)
	if err != nil {
		return err
	}
	if len(suspects) > 1 {
		fmt.Fprintf(p.Progress, "looking for what replaces resources, among %d differences\n", len(suspects))
	}
	for _, suspect := range suspects {
		replaced := isReplaced
		if len(suspects) > 1 {
			suspect.policies = engine.Policies{}
			outcome, _ := p.preview(ctx, "", suspect.built, suspect.files) // which may end early
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
				c.Changes[i].Causes = append(c.Changes[i].Causes, suspect.name)
			}
		}
	}
	return nil
}

// suspects are the settings that differ, and the program if it does.
func suspects(settings []Property, defaults map[string]any, before, after standard) (all []suspect, err error) {
	if before.program != after.program {
		// Settings that only one of the two programs knows can't be told apart from it.
		all = append(all, suspect{theProgram, standard{after.built, before.files}})
	}
	for _, setting := range settings {
		files, err := before.files.With(after.files, defaults, setting.Path)
		if err != nil {
			return nil, err
		}
		all = append(all, suspect{setting.Path, standard{before.built, files}})
	}
	return all, nil
}
