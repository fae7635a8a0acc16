package doctor

import (
	"context"

	"bastide/internal/live"
)

// checkNamespaces asks the cluster, through the kubeconfig that kubectl would use, for
// namespaces that a GKE upgrade added and that the program does not know.
func checkNamespaces(ctx context.Context, x *examination) Report {
	switch {
	case x.settings == nil:
		return Report{Skipped: "the settings have problems"}
	case !x.state.up():
		return Report{Skipped: "the state has no resources of the environment, so there is no cluster to ask"}
	}
	unknown, err := live.UnknownNamespaces(ctx, live.Options{Environment: x.settings})
	if err != nil {
		return Report{Skipped: err.Error()}
	}
	var findings []Finding
	for _, problem := range unknown {
		findings = append(findings, Finding{
			What: problem.Key + ": " + problem.Wrong, Why: "GKE's own pods there may fail to start or to restart",
			Remedy: problem.Remedy,
		})
	}
	if len(findings) > 0 {
		return found(findings...)
	}
	return Report{Seen: "all namespaces that look like GKE's are known"}
}
