package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"bastide/internal/rehearsal/googlecloud"
)

// Timeline is the cloud's operations in an `up`, each of which begins as soon as the
// program's dependencies allow, and takes its typical time. It is computed, so it is
// the same on every machine (ADR 28).
type Timeline struct {
	// Makespan is the time from the first call to the end of the last, in seconds: the
	// longest path through the program's own dependencies.
	Makespan float64 `json:"makespan"`
	// Critical is the time of the critical path: cluster creation, the operations that
	// the cloud requires before it, and one node pool after it.
	Critical float64 `json:"critical"`
	// Path lists the operations on the critical path, first to last.
	Path []googlecloud.Operation `json:"path"`
	// Operations lists all operations, by their start.
	Operations []googlecloud.Operation `json:"operations"`
}

const nodePool = "gcp:container/nodePool:NodePool"

// NewTimeline computes the timeline of one `up`. The critical path follows the
// requirements that the cloud recorded, not the program's dependencies: unnecessary
// dependencies make the makespan longer, but never the critical path.
func NewTimeline(history []googlecloud.Operation, deployment *apitype.DeploymentV3, typical func(kind string) float64) Timeline {
	t := Timeline{Operations: slices.Clone(history)}
	byURN := map[string]googlecloud.Operation{}
	for _, operation := range t.Operations {
		byURN[string(operation.URN)] = operation
	}
	before := dependencies(deployment)
	ordered := chains{operations: byURN, typical: typical, known: map[string]chain{}, before: func(urn string) []string { return before[urn] }}
	for i := range t.Operations {
		operation := &t.Operations[i]
		operation.End = ordered.to(string(operation.URN)).seconds
		operation.Start = operation.End - typical(operation.Type)
		t.Makespan = math.Max(t.Makespan, operation.End)
		byURN[string(operation.URN)] = *operation
	}
	slices.SortFunc(t.Operations, func(a, b googlecloud.Operation) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End), cmp.Compare(a.URN, b.URN))
	})

	needed := chains{operations: byURN, typical: typical, known: map[string]chain{}, before: func(urn string) []string {
		return texts(byURN[urn].Needs)
	}}
	for _, operation := range t.Operations {
		if operation.Type != nodePool || operation.Action != "create" {
			continue
		}
		if pool := needed.to(string(operation.URN)); pool.seconds > t.Critical {
			t.Critical, t.Path = pool.seconds, pool.path
		}
	}
	return t
}

// Slack is the ratio of the makespan to the critical path; 1 is as parallel as the
// cloud allows.
func (t Timeline) Slack() float64 {
	if t.Critical == 0 {
		return 1
	}
	return t.Makespan / t.Critical
}

// dependencies lists, for each resource, those that the engine creates first: its
// dependencies, its parent and its provider.
func dependencies(deployment *apitype.DeploymentV3) map[string][]string {
	all := map[string][]string{}
	for _, r := range deployment.Resources {
		before := texts(r.Dependencies)
		if r.Parent != "" {
			before = append(before, string(r.Parent))
		}
		if id := strings.LastIndex(r.Provider, "::"); id >= 0 { // URN::ID
			before = append(before, r.Provider[:id])
		}
		all[string(r.URN)] = before
	}
	return all
}

func texts[T ~string](urns []T) (all []string) {
	for _, urn := range urns {
		all = append(all, string(urn))
	}
	return all
}

// chains finds the longest chain of operations that ends in a given one; before lists
// the direct predecessors of one.
type chains struct {
	before     func(urn string) []string
	operations map[string]googlecloud.Operation
	typical    func(kind string) float64
	known      map[string]chain
}

type chain struct {
	seconds float64
	path    []googlecloud.Operation
}

func (c *chains) to(urn string) chain {
	if known, ok := c.known[urn]; ok {
		return known
	}
	var longest chain
	for _, earlier := range c.before(urn) {
		if candidate := c.to(earlier); candidate.seconds > longest.seconds {
			longest = candidate
		}
	}
	if operation, ok := c.operations[urn]; ok {
		longest.seconds += c.typical(operation.Type)
		longest.path = append(slices.Clone(longest.path), operation)
	}
	c.known[urn] = longest
	return longest
}

// String draws the timeline: one line for each operation, time from left to right, and
// = for operations on the critical path.
func (t Timeline) String() string {
	const width = 60
	var b strings.Builder
	if t.Makespan == 0 {
		return ""
	}
	critical := map[string]bool{}
	for _, operation := range t.Path {
		critical[string(operation.URN)] = true
	}
	fmt.Fprintf(&b, "%-34s 0 s%*s\n", "", width-3, fmt.Sprintf("%.0f s", t.Makespan))
	for _, operation := range t.Operations {
		from := int(operation.Start / t.Makespan * width)
		length := max(1, int(math.Round((operation.End-operation.Start)/t.Makespan*width)))
		bar := "-"
		if critical[string(operation.URN)] {
			bar = "="
		}
		fmt.Fprintf(&b, "%-34.34s %s%s\n", operation.URN.Name(), strings.Repeat(" ", min(from, width-1)), strings.Repeat(bar, length))
	}
	return b.String()
}
