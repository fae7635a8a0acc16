package doctor

import (
	"context"

	"bastide/internal/live"
)

// lookAtNamespaces asks the cluster, by the kubeconfig that kubectl would use, for
// namespaces that a GKE upgrade brought and that the program does not know.
func lookAtNamespaces(ctx context.Context, p *patient) Report {
	switch {
	case p.settings == nil:
		return Report{Skipped: "the settings have problems"}
	case !p.state.up():
		return Report{Skipped: "there is nothing of the environment in state, so there is no cluster to ask"}
	}
	unknown, err := live.UnknownNamespaces(ctx, live.Options{Environment: p.settings})
	if err != nil {
		return Report{Skipped: err.Error()}
	}
	var findings []Finding
	for _, problem := range unknown {
		findings = append(findings, Finding{
			What: problem.Key + ": " + problem.Wrong, Why: "GKE's own pods there may never start, or not start again",
			Remedy: problem.Remedy,
		})
	}
	if len(findings) > 0 {
		return found(findings...)
	}
	return Report{Seen: "those that look like GKE's are all known"}
}
