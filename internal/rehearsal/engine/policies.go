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

// Policies is a policy pack, and the enforcement levels that an environment changes.
type Policies struct {
	// Pack is the path of the pack's executable, Levels that of the file with the
	// environment's own enforcement levels; empty for none.
	Pack, Levels string
}

// BuildPolicies builds the policy pack, and finds the levels of an environment.
func BuildPolicies(ctx context.Context, root, environment string, progress io.Writer) (Policies, error) {
	pack, err := toolchain.Policies(ctx, root, progress)
	return Policies{Pack: pack, Levels: Levels(root, environment)}, err
}

// Levels is the path of the file with an environment's own enforcement levels; empty
// if there is none.
func Levels(root, environment string) string {
	path := filepath.Join(root, "policies", "levels", environment+".json")
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// Flags are the CLI's flags for the policy pack.
func (p Policies) Flags() (flags []string) {
	if p.Pack != "" {
		flags = append(flags, "--policy-pack", p.Pack)
	}
	if p.Levels != "" {
		flags = append(flags, "--policy-pack-config", p.Levels)
	}
	return flags
}

// PolicyResults are the results of the policy pack for an operation.
type PolicyResults struct {
	// Policies are the names of those that evaluated at least one resource.
	Policies []string
	// Violations name the policy, the resource and the problem, at any level.
	Violations []string
	// Unknown counts the values that are unknown before `up`, and so not evaluated.
	Unknown int
}

// unknown is the severity with which the pack reports a value that is unknown in a
// preview.
const unknown = "low"

func (r *PolicyResults) note(event apitype.EngineEvent) {
	var evaluated []string
	switch {
	case event.PolicyEvent != nil && event.PolicyEvent.Severity == unknown:
		r.Unknown++
	case event.PolicyEvent != nil:
		v := event.PolicyEvent
		r.Violations = append(r.Violations, fmt.Sprintf("%s, %s: %s", v.PolicyName, v.ResourceURN[strings.LastIndex(v.ResourceURN, "::")+2:], plain(v.Message)))
	case event.PolicyAnalyzeSummaryEvent != nil:
		evaluated = slices.Concat(event.PolicyAnalyzeSummaryEvent.Passed, event.PolicyAnalyzeSummaryEvent.Failed)
	case event.PolicyAnalyzeStackSummaryEvent != nil:
		evaluated = slices.Concat(event.PolicyAnalyzeStackSummaryEvent.Passed, event.PolicyAnalyzeStackSummaryEvent.Failed)
	}
	for _, name := range evaluated {
		if !slices.Contains(r.Policies, name) {
			r.Policies = append(r.Policies, name)
		}
	}
}
