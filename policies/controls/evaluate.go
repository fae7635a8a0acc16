package controls

import (
	"fmt"
	"slices"
)

// Resource is a resource to check, with its inputs from the program or from the cloud.
type Resource struct {
	Type, Name string
	Inputs     map[string]any
}

// State says whether a control is met.
type State string

// The states.
const (
	Met        State = "met"
	NotMet     State = "not met"
	NotChecked State = "not checked"
)

// Evidence is what is known about an environment.
type Evidence struct {
	// Resources are all resources that were found.
	Resources []Resource
	// Unseen says why a check could not be made; it returns "" for the others. With
	// nil, all checks could be made.
	Unseen func(Check) string
	// Off are the settings of Control.Choice that the environment has turned off, and
	// Chosen its settings of Control.Only, as SETTING=VALUE.
	Off, Chosen []string
}

// Finding is the state of one control, and the reasons.
type Finding struct {
	Control Control
	State   State
	// Expected says that a control is not met because the table or a setting says so.
	Expected bool
	// Why has a line for each violation or each check that was not made, or else says
	// how much was checked.
	Why []string
}

// Evaluate evaluates every control of the table.
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
	checked := 0
	for _, check := range checks {
		if evidence.Unseen != nil {
			if why := evidence.Unseen(check); why != "" {
				unseen = append(unseen, why)
				continue
			}
		}
		count, errs := check.hold(evidence.Resources)
		checked += count
		for _, err := range errs {
			wrong = append(wrong, err.Error())
		}
	}
	switch {
	case len(wrong) > 0:
		finding.State, finding.Why = NotMet, unique(wrong)
	case len(unseen) > 0:
		finding.State, finding.Why = NotChecked, unique(unseen)
	case checked == 0 && c.optional():
		finding.State, finding.Why = NotChecked, []string{"the environment has no such resources"}
	default:
		finding.Why = []string{fmt.Sprintf("%d checked", checked)}
	}
	return finding
}

// optional reports whether an environment needs none of the resources that the control is
// about.
func (c Control) optional() bool {
	return !slices.ContainsFunc(c.Checks(), func(check Check) bool { return !check.Optional })
}

// unchecked is the finding of a control that has no checks.
func (c Control) unchecked() Finding {
	if c.By == Nobody {
		return Finding{Control: c, State: NotMet, Expected: true, Why: []string{c.Note}}
	}
	return Finding{Control: c, State: NotChecked, Why: []string{"by " + string(c.By) + ": " + c.Note}}
}

// hold checks all resources that a check applies to. It returns their number and an error
// for each violation.
func (c Check) hold(resources []Resource) (checked int, wrong []error) {
	for _, r := range resources {
		if !c.Applies(r.Type, r.Name) {
			continue
		}
		checked++
		if err := c.Holds(r.Inputs); err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", r.Name, err))
		}
	}
	if checked == 0 && !c.Optional && c.Want != Nowhere {
		wrong = append(wrong, fmt.Errorf("there is no %s%s", short(c.Type), named(c.Name)))
	}
	return checked, wrong
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
