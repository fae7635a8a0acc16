package engine

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// EventLog is the variable without which the CLI has no flag --event-log. Source: pulumi
// 3.276.0, pkg/cmd/pulumi/operations/preview.go.
const EventLog = "PULUMI_DEBUG_COMMANDS=true"

// DriftFlags make a preview look at what is really there, and fail if `up` would
// change anything.
var DriftFlags = []string{"preview", "--refresh", "--expect-no-changes"}

// ReadOutcome reads the log of events that the CLI writes with --event-log.
func ReadOutcome(log io.Reader) (outcome Outcome, err error) {
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 64<<20) // an event holds whole resources
	for lines.Scan() {
		var event apitype.EngineEvent
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			return outcome, fmt.Errorf("reading pulumi's events: %w", err)
		}
		outcome.note(event)
	}
	slices.Sort(outcome.Steps)
	outcome.Steps = slices.Compact(outcome.Steps)
	return outcome, lines.Err()
}

// changes tell in words what `up` would do about a resource, and so what was done
// to it behind its back.
var changes = map[string]string{
	"create": "is gone, and would be made again",
	"update": "was changed, and would be set back",
	"delete": "is no longer wanted, and would be deleted",
}

// Drifted lists what is not as it should be, a line for each resource. A field that
// somebody has changed in the cluster is theirs from then on: Kubernetes refuses to
// set it back, so that is what it says.
func (o Outcome) Drifted() (lines []string) {
	for _, step := range o.Steps {
		operation, urn, _ := strings.Cut(step, " ")
		what, known := changes[operation]
		if !known {
			what = "would be: " + operation
		}
		lines = append(lines, subject(urn)+" "+what)
	}
	for _, urn := range slices.Sorted(maps.Keys(o.Conflicts)) {
		const begins = "conflict with "
		_, said, _ := strings.Cut(o.Conflicts[urn], begins)
		said, _, _ = strings.Cut(begins+said, "\n")
		lines = append(lines, subject(urn)+" was changed by somebody who holds the field now: "+said)
	}
	return lines
}

// subject is a resource in words.
func subject(urn string) string {
	at := strings.LastIndex(urn, "::")
	if at < 0 {
		return "something"
	}
	return fmt.Sprintf("%s (%s)", urn[at+2:], urn[strings.LastIndex(urn[:at], ":")+1:at])
}

// Run runs another command of the CLI in the stack's folder, and returns what it
// printed.
func (e *Engine) Run(ctx context.Context, args ...string) (stdout string, err error) {
	stdout, stderr, err := e.cli.run(ctx, e.work, e.progress, args...)
	if err != nil {
		return stdout, fmt.Errorf("pulumi %s: %w", args[0], explain(err, stderr))
	}
	return stdout, nil
}
