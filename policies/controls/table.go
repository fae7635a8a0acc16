package controls

import "slices"

// The rows are in the files of their parts: access.go, images.go, nodes.go and so on.
// These are the words that they are written with.

// on is a check of one property, on every resource of a type.
func on(kind, path string, want any) []Check {
	return []Check{{Type: kind, Path: path, Want: want}}
}

// join is several checks as one list.
func join(lists ...[]Check) []Check { return slices.Concat(lists...) }

// optional are checks of what an environment need not have.
func optional(checks ...Check) []Check {
	checks = slices.Clone(checks)
	for i := range checks {
		checks[i].Optional = true
	}
	return checks
}
