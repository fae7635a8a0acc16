// Package live holds a running environment against the table of controls. It reads
// and changes nothing: the cluster through the kubeconfig of whoever asks, Google
// Cloud through their gcloud. What they may not see, or can't be seen from outside,
// is not checked, and says why.
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

// Options says what to look at.
type Options struct {
	// Environment is the one that should be there.
	Environment *environment.Environment
	// Kubeconfig is a file; empty for the usual places. Context is one in it; empty
	// for the current one.
	Kubeconfig, Context string
	// Rehearsed says that there is nothing in Google Cloud to ask.
	Rehearsed bool
}

// Report is how the controls stand.
type Report struct {
	Environment string
	Findings    []controls.Finding
	// Unknown are namespaces that GKE seems to have made, and that no list names.
	Unknown []environment.Problem
}

// seen gathers what the two sides tell.
type seen struct {
	mu        sync.Mutex
	resources []controls.Resource
	types     map[string]bool   // that somebody looked for
	why       map[string]string // why nobody did, by type
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

// inStateOnly are types that only Pulumi's state knows.
var inStateOnly = []string{token.PrivateKey, token.Certificate}

// unseen tells why a check was not looked into.
func (s *seen) unseen(check controls.Check) string {
	switch {
	case slices.Contains(inStateOnly, check.Type):
		return short(check.Type) + " is in Pulumi's state alone"
	case check.Want == controls.Secret:
		return "whether a value is marked as a secret is told by Pulumi's state alone"
	case check.Path == "deletionProtection":
		return "deletionProtection is kept in Pulumi's state alone"
	case s.why[check.Type] != "":
		return s.why[check.Type]
	case !s.types[check.Type]:
		return "nothing asks for a " + short(check.Type)
	}
	return ""
}

func short(kind string) string { return kind[strings.LastIndex(kind, ":")+1:] }

// ErrCouldNotRun is the error when nothing could be looked at.
var ErrCouldNotRun = errors.New("nothing could be checked")

// Verify looks at an environment.
func Verify(ctx context.Context, options Options) (Report, error) {
	s := &seen{types: map[string]bool{}, why: map[string]string{}}
	inside := readCluster(ctx, options, s)
	var other *otherClusterError
	if errors.As(inside, &other) {
		return Report{}, fmt.Errorf("%w: %w", ErrCouldNotRun, inside)
	}
	outside := readCloud(ctx, options, s)
	if inside != nil && outside != nil {
		return Report{}, fmt.Errorf("%w:\n%w\n%w", ErrCouldNotRun, inside, outside)
	}
	return Report{Environment: options.Environment.Name, Unknown: s.unknown, Findings: controls.Evaluate(controls.Evidence{
		Resources: s.resources, Unseen: s.unseen, Off: options.Environment.TurnedOff(), Chosen: options.Environment.Chosen(),
	})}, nil
}

// Surprises counts the controls that are not met and should be.
func (r Report) Surprises() (count int) {
	for _, finding := range r.Findings {
		if finding.State == controls.NotMet && !finding.Expected {
			count++
		}
	}
	return count
}

// String is the table, and the sum.
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
