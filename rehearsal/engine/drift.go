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

	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// DriftFlags make a preview look at what is really there, and fail if `up` would
// change anything.
var DriftFlags = []string{"preview", "--refresh", "--expect-no-changes"}

// Drift previews against what is really there. The outcome says what `up` would
// change; an error besides that is one.
func (e *Engine) Drift(ctx context.Context) (Outcome, error) {
	return watch(func(channel chan<- events.EngineEvent) error {
		with := []optpreview.Option{
			optpreview.Parallel(parallel), optpreview.EventStreams(channel), optpreview.ProgressStreams(e.progress...),
			optpreview.Refresh(), optpreview.ExpectNoChanges(),
		}
		packs, levels := e.policies.Flags()
		_, err := e.stack.Preview(ctx, append(with, optpreview.PolicyPacks(packs...), optpreview.PolicyPackConfigs(levels...))...)
		return err
	})
}

// ReadOutcome reads the log of events that the CLI writes with --event-log.
func ReadOutcome(log io.Reader) (outcome Outcome, err error) {
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 64<<20) // an event holds whole resources
	for lines.Scan() {
		var event apitype.EngineEvent
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			return outcome, fmt.Errorf("reading pulumi's events: %w", err)
		}
		outcome.note(events.EngineEvent{EngineEvent: event})
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
		_, said, _ := strings.Cut(o.Conflicts[urn], "conflict with ")
		said, _, _ = strings.Cut(said, "\n")
		lines = append(lines, subject(urn)+" was changed by somebody who holds the field now: conflict with "+said)
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

// Run runs the CLI in the stack's folder, for what the Automation API has no word
// for. It returns what the CLI printed.
func (e *Engine) Run(ctx context.Context, args ...string) (stdout string, err error) {
	stdout, stderr, _, err := e.cli.Run(ctx, e.work, nil, e.progress, nil, nil, args...)
	if err != nil {
		return stdout, fmt.Errorf("pulumi %s: %w: %s", args[0], err, strings.TrimSpace(stderr))
	}
	return stdout, nil
}
