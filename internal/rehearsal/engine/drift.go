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

// DriftFlags make a preview read the real resources first, and fail if `up` would
// change any.
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

// driftMessages describe, by the operation that `up` would run on a resource, how the
// resource has drifted.
var driftMessages = map[string]string{
	"create": "is gone; up would create it again",
	"update": "was changed; up would revert it",
	"delete": "is not in the program; up would delete it",
}

// Drifted lists the drift, one line for each resource. With server-side apply,
// whoever changes a field owns it from then on, and Kubernetes reports a conflict
// instead of reverting the change; the line quotes that conflict.
func (o Outcome) Drifted() (lines []string) {
	for _, step := range o.Steps {
		operation, urn, _ := strings.Cut(step, " ")
		message, known := driftMessages[operation]
		if !known {
			message = "differs; up would run the operation " + operation
		}
		lines = append(lines, subject(urn)+" "+message)
	}
	for _, urn := range slices.Sorted(maps.Keys(o.Conflicts)) {
		const prefix = "conflict with "
		_, conflict, _ := strings.Cut(o.Conflicts[urn], prefix)
		conflict, _, _ = strings.Cut(prefix+conflict, "\n")
		lines = append(lines, subject(urn)+" was changed by another field manager, which now owns the field: "+conflict)
	}
	return lines
}

// subject is the name of a resource, with its type in parentheses.
func subject(urn string) string {
	at := strings.LastIndex(urn, "::")
	if at < 0 {
		return "an unnamed resource"
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
