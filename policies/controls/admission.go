package controls

import "bastide/policies/controls/token"

// AdmissionRule is one of the cluster's admission rules, as far as controls go.
// admission_rules.go lists them all.
type AdmissionRule struct {
	// ID is its name, and Controls are those that it serves.
	ID       string
	Controls []string
	// Warns says that it may warn where others refuse, as the default of
	// bastide:warnOnly has it.
	Warns bool
	// Optional says that only an environment with build jobs has it.
	Optional bool
}

// check is that the cluster has the rule's binding, which refuses, and leaves a line in
// the audit log.
func (r AdmissionRule) check() Check {
	check := Check{Type: token.AdmissionBinding, Name: "guardrails-" + r.ID + "-binding", Path: "spec.validationActions", Want: []any{"Deny", "Audit"}, Optional: r.Optional}
	if r.Warns {
		check.Want = Present
	}
	return check
}
