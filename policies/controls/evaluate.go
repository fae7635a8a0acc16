package controls

import (
	"fmt"
	"slices"
)

// Resource is what checks are held against: one that the program made, with the
// inputs that it has, or has in the cloud.
type Resource struct {
	Type, Name string
	Inputs     map[string]any
}

// State tells how a control stands.
type State string

// The states.
const (
	Met        State = "met"
	NotMet     State = "not met"
	NotChecked State = "not checked"
)

// Evidence is what is known of an environment.
type Evidence struct {
	// Resources are all that was seen.
	Resources []Resource
	// Unseen says why a check was not looked into; it is empty for those that
	// were. Nil, everything was.
	Unseen func(Check) string
	// Off are the choices (Control.Choice) that the environment has turned off, and
	// Chosen those, as SETTING=VALUE, that it has made (Control.Only).
	Off, Chosen []string
}

// Finding is how one control stands, and why.
type Finding struct {
	Control Control
	State   State
	// Expected says that a control is not met and that the table, or a setting,
	// says so: it is no surprise.
	Expected bool
	// Why is a line for each thing that is wrong or was not looked into, or what
	// was seen.
	Why []string
}

// Evaluate holds every control of the table against what is known.
func Evaluate(evidence Evidence) (findings []Finding) {
	for _, control := range All() {
		findings = append(findings, control.evaluate(evidence))
	}
	return findings
}

func (c Control) evaluate(evidence Evidence) Finding {
	checks := c.Checks()
	if len(checks) == 0 {
		return c.unchecked()
	}
	finding := Finding{Control: c, State: Met}
	switch {
	case c.Choice != "" && slices.Contains(evidence.Off, c.Choice):
		return Finding{Control: c, State: NotMet, Expected: true, Why: []string{"the setting bastide:" + c.Choice + " is off"}}
	case c.Only != "" && !slices.Contains(evidence.Chosen, c.Only):
		return Finding{Control: c, State: NotMet, Expected: true, Why: []string{"only with bastide:" + c.Only}}
	}
	var wrong, unseen []string
	looked := 0
	for _, check := range checks {
		if evidence.Unseen != nil {
			if why := evidence.Unseen(check); why != "" {
				unseen = append(unseen, why)
				continue
			}
		}
		seen, errs := check.hold(evidence.Resources)
		looked += seen
		for _, err := range errs {
			wrong = append(wrong, err.Error())
		}
	}
	switch {
	case len(wrong) > 0:
		finding.State, finding.Why = NotMet, unique(wrong)
	case len(unseen) > 0:
		finding.State, finding.Why = NotChecked, unique(unseen)
	case looked == 0 && c.optional():
		finding.State, finding.Why = NotChecked, []string{"the environment has nothing of the kind"}
	default:
		finding.Why = []string{fmt.Sprintf("%d looked at", looked)}
	}
	return finding
}

// optional reports whether an environment need not have anything that the control
// speaks of.
func (c Control) optional() bool {
	return !slices.ContainsFunc(c.Checks(), func(check Check) bool { return !check.Optional })
}

// unchecked is a control that nothing of the program's shows.
func (c Control) unchecked() Finding {
	if c.By == Nobody {
		return Finding{Control: c, State: NotMet, Expected: true, Why: []string{c.Note}}
	}
	return Finding{Control: c, State: NotChecked, Why: []string{"by " + string(c.By) + ": " + c.Note}}
}

// hold tells how many resources a check speaks of, and which of them break it.
func (c Check) hold(resources []Resource) (looked int, wrong []error) {
	for _, r := range resources {
		if !c.Applies(r.Type, r.Name) {
			continue
		}
		looked++
		if err := c.Holds(r.Inputs); err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", r.Name, err))
		}
	}
	if looked == 0 && !c.Optional && c.Want != Nowhere {
		wrong = append(wrong, fmt.Errorf("there is no %s%s", short(c.Type), named(c.Name)))
	}
	return looked, wrong
}

func named(suffix string) string {
	if suffix == "" {
		return ""
	}
	return " whose name ends in " + suffix
}

func unique(lines []string) (kept []string) {
	seen := map[string]bool{}
	for _, line := range lines {
		if !seen[line] {
			kept = append(kept, line)
		}
		seen[line] = true
	}
	return kept
}
