package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"bastide/rehearsal/googlecloud"
)

// Timeline is what happened on the simulated clock, and what had to.
type Timeline struct {
	// Makespan is the time from the first call to the end of the last, in
	// seconds.
	Makespan float64 `json:"makespan"`
	// Ordered is what the makespan would be if every call began at the moment
	// at which the program allows it: the longest path through its own
	// dependencies. It owes nothing to the speed of this machine.
	Ordered float64 `json:"ordered"`
	// Critical is the time of the critical path: cluster creation, what the
	// cloud needs before it, and one node pool after it.
	Critical float64 `json:"critical"`
	// Path lists the operations on it, first to last.
	Path []googlecloud.Operation `json:"path"`
	// Operations lists all, by their start.
	Operations []googlecloud.Operation `json:"operations"`
}

const nodePool = "gcp:container/nodePool:NodePool"

// NewTimeline lays the history of one `up` out. The critical path follows the
// needs that the cloud recorded, not the order that the program chose: an order
// stricter than the cloud's makes the makespan longer, never the path.
func NewTimeline(history []googlecloud.Operation, deployment *apitype.DeploymentV3, typical func(kind string) float64) Timeline {
	t := Timeline{Operations: slices.Clone(history)}
	slices.SortStableFunc(t.Operations, func(a, b googlecloud.Operation) int { return cmp.Compare(a.Start, b.Start) })
	if len(t.Operations) == 0 {
		return t
	}
	origin := t.Operations[0].Start
	byURN := map[string]googlecloud.Operation{}
	for i := range t.Operations {
		operation := &t.Operations[i]
		operation.Start -= origin
		operation.End -= origin
		t.Makespan = math.Max(t.Makespan, operation.End)
		byURN[string(operation.URN)] = *operation
	}

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

	dependencies := dependencies(deployment)
	chosen := chains{operations: byURN, typical: typical, known: map[string]chain{}, before: func(urn string) []string {
		return dependencies[urn]
	}}
	for urn := range dependencies {
		t.Ordered = math.Max(t.Ordered, chosen.to(urn).seconds)
	}
	return t
}

// Slack is how much longer the program's order takes than the critical path: 1
// is as parallel as the cloud allows.
func (t Timeline) Slack() float64 {
	if t.Critical == 0 {
		return 1
	}
	return t.Ordered / t.Critical
}

// dependencies lists, for each resource, those that the engine made first.
func dependencies(deployment *apitype.DeploymentV3) map[string][]string {
	all := map[string][]string{}
	for _, r := range deployment.Resources {
		all[string(r.URN)] = texts(r.Dependencies)
	}
	return all
}

func texts[T ~string](urns []T) (all []string) {
	for _, urn := range urns {
		all = append(all, string(urn))
	}
	return all
}

// chains finds the longest chain that ends in an operation; before tells what
// comes directly before one.
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

// String draws the timeline: one line an operation, time from left to right.
// Operations on the critical path are drawn solid.
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
