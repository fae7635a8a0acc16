package controls

import "slices"

// Helpers for the rows, which are in access.go, images.go, nodes.go and so on.

// on is a check of one property, on every resource of a type.
func on(kind, path string, want any) []Check {
	return []Check{{Type: kind, Path: path, Want: want}}
}

// join concatenates lists of checks.
func join(lists ...[]Check) []Check { return slices.Concat(lists...) }

// optional marks checks of resources that an environment does not need.
func optional(checks ...Check) []Check {
	checks = slices.Clone(checks)
	for i := range checks {
		checks[i].Optional = true
	}
	return checks
}
