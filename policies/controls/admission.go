package controls

import "bastide/policies/controls/token"

// AdmissionRule is one of the cluster's admission rules, with what controls need to know
// of it. admission_rules.go lists all of them.
type AdmissionRule struct {
	// ID is its name, and Controls are the controls that it serves.
	ID       string
	Controls []string
	// Warns says that it may warn instead of refusing, as it does by default
	// (bastide:warnOnly).
	Warns bool
	// Optional says that only environments with build jobs have it.
	Optional bool
}

// check demands that the cluster has the rule's binding, and that the binding refuses and
// writes to the audit log.
func (r AdmissionRule) check() Check {
	check := Check{Type: token.AdmissionBinding, Name: "guardrails-" + r.ID + "-binding", Path: "spec.validationActions", Want: []any{"Deny", "Audit"}, Optional: r.Optional}
	if r.Warns {
		check.Want = Present
	}
	return check
}
