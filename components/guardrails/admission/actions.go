package admission

import (
	"slices"

	"bastide/environment"
)

// PolicyName is the name that a rule's policy and binding have in the cluster.
func PolicyName(id string) string { return environment.Namespace + "-" + id }

// Actions is what a rule does: it warns if it is among those that do, and refuses if
// not. Whatever it does, it leaves a line in the audit log.
func Actions(warnOnly []string, id string) []string {
	if slices.Contains(warnOnly, id) {
		return []string{"Warn", "Audit"}
	}
	return []string{"Deny", "Audit"}
}
