package admission

import (
	"slices"

	"bastide/environment"
)

// PolicyName is the name that a rule's policy and binding have in the cluster.
func PolicyName(id string) string { return environment.Namespace + "-" + id }

// Actions are the validation actions of a rule: Warn if warnOnly lists it, otherwise
// Deny. Either way the audit log records the violation.
func Actions(warnOnly []string, id string) []string {
	if slices.Contains(warnOnly, id) {
		return []string{"Warn", "Audit"}
	}
	return []string{"Deny", "Audit"}
}
