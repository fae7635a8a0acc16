package doctor

import (
	"context"
	"fmt"
	"time"

	"bastide/environment"
)

// ends are the days on which GKE's standard support of a minor version ends. Sources:
// 1.34 and 1.35, endoflife.date (products/google-kubernetes-engine.md, 2026-02), which
// takes them from GKE's release schedule; 1.36, 14 months after REGULAR had it on
// 2026-06-09, as "GKE versioning and support" promises. Looked up in 2026-11.
var ends = map[string]string{
	"1.34": "2026-10-01",
	"1.35": "2027-04-11",
	"1.36": "2027-08-09",
}

// soon is how long before an end people want to know of it.
const soon = 60 * 24 * time.Hour

func lookAtVersion(_ context.Context, p *patient) Report {
	if p.settings == nil {
		return Report{Skipped: "the settings have problems"}
	}
	minor := p.settings.Kubernetes.Minor()
	end, err := time.Parse(time.DateOnly, ends[minor])
	if err != nil {
		return Report{Skipped: "this program does not know until when GKE supports " + minor + "; see https://cloud.google.com/kubernetes-engine/docs/release-schedule"}
	}
	what := fmt.Sprintf("GKE supports Kubernetes %s until %s", minor, ends[minor])
	if p.Now().Before(end.Add(-soon)) {
		return Report{Seen: what}
	}
	return found(Finding{
		What: what, Why: "after that GKE upgrades by itself, at a time of its own choice, and new clusters can't have it; `gcloud container get-server-config` lists the versions",
		Remedy: environment.Command("pulumi", "config", "set", "--stack", p.Environment, "bastide:kubernetesVersion", "VERSION"),
		Blocks: !p.Now().Before(end) && !p.state.up(),
	})
}
