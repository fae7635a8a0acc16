// Package live evaluates the controls on a running environment. It only reads: the cluster
// through the user's kubeconfig, Google Cloud through the user's gcloud. A control that
// needs rights which the user lacks, or that only Pulumi's state can answer, is not checked,
// and the report says why.
package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"bastide/environment"
	"bastide/policies/controls"
	"bastide/policies/controls/token"
)

// Options says which environment to verify, and how to reach it.
type Options struct {
	// Environment is the environment as the settings describe it.
	Environment *environment.Environment
	// Kubeconfig is a file; empty for kubectl's default. Context is a context in it; empty
	// for the current one.
	Kubeconfig, Context string
	// Rehearsed is true if the environment is only ever rehearsed, so that it has no resources in Google Cloud.
	Rehearsed bool
}

// Report is the result of the verification.
type Report struct {
	Environment string
	Findings    []controls.Finding
	// Unknown are problems about namespaces that look like GKE's and that the program does not know.
	Unknown []environment.Problem
}

// seen collects the resources of the cluster and of Google Cloud.
type seen struct {
	mu        sync.Mutex
	resources []controls.Resource
	types     map[string]bool   // the types that were read
	why       map[string]string // why a type was not read
	unknown   []environment.Problem
}

func (s *seen) note(kind string, resources ...controls.Resource) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.types[kind] = true
	s.resources = append(s.resources, resources...)
}

func (s *seen) miss(kind, why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.why[kind] == "" {
		s.why[kind] = why
	}
}

// inStateOnly are types of resources that exist only in Pulumi's state.
var inStateOnly = []string{token.PrivateKey, token.Certificate}

// unseen says why a check could not be evaluated, or nothing if it could.
func (s *seen) unseen(check controls.Check) string {
	switch {
	case slices.Contains(inStateOnly, check.Type):
		return short(check.Type) + " exists only in Pulumi's state"
	case check.Want == controls.Secret:
		return "only Pulumi's state says whether a value is marked as a secret"
	case check.Path == "deletionProtection":
		return "deletionProtection exists only in Pulumi's state"
	case s.why[check.Type] != "":
		return s.why[check.Type]
	case !s.types[check.Type]:
		return "no command reads a " + short(check.Type)
	}
	return ""
}

func short(kind string) string { return kind[strings.LastIndex(kind, ":")+1:] }

// ErrCouldNotRun is the error if neither the cluster nor Google Cloud could be read.
var ErrCouldNotRun = errors.New("nothing could be checked")

// Verify evaluates the controls on an environment.
func Verify(ctx context.Context, options Options) (Report, error) {
	s := &seen{types: map[string]bool{}, why: map[string]string{}}
	clusterErr := readCluster(ctx, options, s)
	var other *otherClusterError
	if errors.As(clusterErr, &other) {
		return Report{}, fmt.Errorf("%w: %w", ErrCouldNotRun, clusterErr)
	}
	cloudErr := readCloud(ctx, options, s)
	if clusterErr != nil && cloudErr != nil {
		return Report{}, fmt.Errorf("%w:\n%w\n%w", ErrCouldNotRun, clusterErr, cloudErr)
	}
	return Report{Environment: options.Environment.Name, Unknown: s.unknown, Findings: controls.Evaluate(controls.Evidence{
		Resources: s.resources, Unseen: s.unseen, Off: options.Environment.TurnedOff(), Chosen: options.Environment.Chosen(),
	})}, nil
}

// Unmet counts the controls that are not met although they should be.
func (r Report) Unmet() (count int) {
	for _, finding := range r.Findings {
		if finding.State == controls.NotMet && !finding.Expected {
			count++
		}
	}
	return count
}

// String prints a line for each control, and counts them at the end.
func (r Report) String() string {
	var b strings.Builder
	counts := map[controls.State]int{}
	expected := 0
	for _, finding := range r.Findings {
		counts[finding.State]++
		state := string(finding.State)
		if finding.Expected {
			expected++
			state = "on purpose"
		}
		fmt.Fprintf(&b, "%-12s %-26s %s\n", state, finding.Control.ID, finding.Control.Title)
		if finding.State != controls.Met {
			for _, why := range finding.Why {
				fmt.Fprintf(&b, "%-12s %-26s   %s\n", "", "", why)
			}
		}
	}
	for _, problem := range r.Unknown {
		fmt.Fprintf(&b, "%-12s %-26s %s\n%-12s %-26s   type: %s\n", "unknown", problem.Key, problem.Wrong, "", "", problem.Remedy)
	}
	fmt.Fprintf(&b, "\n%s: %d met, %d not met, %d not met on purpose, %d not checked",
		r.Environment, counts[controls.Met], counts[controls.NotMet]-expected, expected, counts[controls.NotChecked])
	return b.String()
}
