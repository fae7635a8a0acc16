package engine

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"bastide/internal/rehearsal/toolchain"
)

// Policies is a policy pack, and how much its rules weigh in an environment.
type Policies struct {
	// Pack is the path of its executable, Levels that of a file with levels that
	// are not the rules' own; empty for none.
	Pack, Levels string
}

// BuildPolicies builds the policy pack, and finds the levels of an environment.
func BuildPolicies(ctx context.Context, root, environment string, progress io.Writer) (Policies, error) {
	pack, err := toolchain.Policies(ctx, root, progress)
	return Policies{Pack: pack, Levels: Levels(root, environment)}, err
}

// Levels is the path of the file with an environment's own levels; empty for none.
func Levels(root, environment string) string {
	path := filepath.Join(root, "policies", "levels", environment+".json")
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// Flags have the CLI ask the policy pack.
func (p Policies) Flags() (flags []string) {
	if p.Pack != "" {
		flags = append(flags, "--policy-pack", p.Pack)
	}
	if p.Levels != "" {
		flags = append(flags, "--policy-pack-config", p.Levels)
	}
	return flags
}

// PolicyResults is what the policy pack said of an operation.
type PolicyResults struct {
	// Policies are the names of those that had something to judge.
	Policies []string
	// Violations say which policy found what, where, at any level.
	Violations []string
	// Later counts what could not be judged before `up`.
	Later int
}

// unknown is the severity that the pack gives to what a preview can't know.
const unknown = "low"

func (j *PolicyResults) note(event apitype.EngineEvent) {
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
