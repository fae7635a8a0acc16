package engine

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"

	"bastide/rehearsal/toolchain"
)

// Policies is a policy pack, and how much its rules weigh in an environment.
type Policies struct {
	// Pack is the path of its executable, Levels that of a file with levels that
	// are not the rules' own; empty for none.
	Pack, Levels string
}

// BuildPolicies builds the policy pack, with its description beside it, and
// finds the levels of an environment. The CLI takes a folder as well, but then
// builds it anew each time.
func BuildPolicies(ctx context.Context, root, environment string, progress io.Writer) (p Policies, err error) {
	const description = "PulumiPolicy.yaml"
	dir := filepath.Join(root, "build", "policies")
	p = Policies{Pack: filepath.Join(dir, "bastide"), Levels: Levels(root, environment)}
	build := toolchain.Build{What: "the policy pack", Module: root, Command: "./policies", LDFlags: "-w -s", Out: p.Pack}
	if err := build.Run(ctx, progress); err != nil {
		return p, err
	}
	text, err := os.ReadFile(filepath.Join(root, "policies", description))
	if err != nil {
		return p, fmt.Errorf("reading the policy pack: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, description), text, 0o600); err != nil {
		return p, fmt.Errorf("writing the policy pack: %w", err)
	}
	return p, nil
}

// Levels is the path of the file with an environment's own levels; empty for none.
func Levels(root, environment string) string {
	path := filepath.Join(root, "policies", "levels", environment+".json")
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// Flags are the values of the CLI's --policy-pack and --policy-pack-config.
func (p Policies) Flags() (packs, levels []string) {
	if p.Pack != "" {
		packs = []string{p.Pack}
	}
	if p.Levels != "" {
		levels = []string{p.Levels}
	}
	return packs, levels
}

// Judgement is what the policy pack said of an operation.
type Judgement struct {
	// Policies are the names of those that had something to judge.
	Policies []string
	// Violations say which policy found what, where, at any level.
	Violations []string
	// Later counts what could not be judged before `up`.
	Later int
}

// unknown is the severity that the pack gives to what a preview can't know.
const unknown = "low"

func (j *Judgement) note(event events.EngineEvent) {
	var judged []string
	switch {
	case event.PolicyEvent != nil && event.PolicyEvent.Severity == unknown:
		j.Later++
	case event.PolicyEvent != nil:
		said := event.PolicyEvent
		j.Violations = append(j.Violations, fmt.Sprintf("%s, %s: %s", said.PolicyName, said.ResourceURN[strings.LastIndex(said.ResourceURN, "::")+2:], plain(said.Message)))
	case event.PolicyAnalyzeSummaryEvent != nil:
		judged = slices.Concat(event.PolicyAnalyzeSummaryEvent.Passed, event.PolicyAnalyzeSummaryEvent.Failed)
	case event.PolicyAnalyzeStackSummaryEvent != nil:
		judged = slices.Concat(event.PolicyAnalyzeStackSummaryEvent.Passed, event.PolicyAnalyzeStackSummaryEvent.Failed)
	}
	for _, name := range judged {
		if !slices.Contains(j.Policies, name) {
			j.Policies = append(j.Policies, name)
		}
	}
}
