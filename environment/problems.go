package environment

import (
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing wrong with the settings, described so that it can be fixed
// without looking anything up.
type Problem struct {
	// Key is the configuration key, with its namespace and index.
	Key string
	// Wrong says what is wrong with the value. It never holds the value of an
	// encrypted setting.
	Wrong string
	// Remedy is what to type instead.
	Remedy string
}

// Problems is the error that Load returns.
type Problems struct {
	Environment string
	List        []Problem
}

// Error lists the problems, one below the other.
func (p Problems) Error() string {
	return ListProblems(p.List, fmt.Sprintf("in the settings of environment %q; nothing was changed", p.Environment))
}

// ListProblems lists problems one below the other, under a line that says how many there
// are and where.
func ListProblems(problems []Problem, where string) string {
	var b strings.Builder
	noun := "problems"
	if len(problems) == 1 {
		noun = "problem"
	}
	fmt.Fprintf(&b, "%d %s %s\n", len(problems), noun, where)
	for _, problem := range problems {
		fmt.Fprintf(&b, "\n  %s: %s\n    type: %s\n", problem.Key, problem.Wrong, problem.Remedy)
	}
	return b.String()
}

// About reports whether any problem concerns a key or an element of it.
func (p Problems) About(key string) bool { return about(p.List, key) }

func about(problems []Problem, key string) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool {
		return p.Key == key || strings.HasPrefix(p.Key, key+"[")
	})
}
