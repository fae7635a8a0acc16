package doctor

import (
	"context"
	"fmt"
	"time"

	"bastide/environment"
)

// endOfSupport is the day on which GKE's standard support of a minor version ends. Sources:
// 1.34 and 1.35, endoflife.date (products/google-kubernetes-engine.md, 2026-02), which
// takes them from GKE's release schedule; 1.36, 14 months after it reached REGULAR on
// 2026-06-09, as "GKE versioning and support" promises. Looked up in 2026-11.
var endOfSupport = map[string]string{
	"1.34": "2026-10-01",
	"1.35": "2027-04-11",
	"1.36": "2027-08-09",
}

// warningPeriod is how long before the end of support the check warns.
const warningPeriod = 60 * 24 * time.Hour

func checkVersion(_ context.Context, x *examination) Report {
	if x.settings == nil {
		return Report{Skipped: "the settings have problems"}
	}
	minor := x.settings.Kubernetes.Minor()
	end, err := time.Parse(time.DateOnly, endOfSupport[minor])
	if err != nil {
		return Report{Skipped: "this program does not know when GKE's support of " + minor + " ends; see https://cloud.google.com/kubernetes-engine/docs/release-schedule"}
	}
	what := fmt.Sprintf("GKE supports Kubernetes %s until %s", minor, endOfSupport[minor])
	if x.Now().Before(end.Add(-warningPeriod)) {
		return Report{Seen: what}
	}
	return found(Finding{
		What: what, Why: "after that GKE upgrades the cluster automatically, at a time of its choosing, and new clusters can't use this version; `gcloud container get-server-config` lists the versions",
		Remedy: environment.Command("pulumi", "config", "set", "--stack", x.Environment, "bastide:kubernetesVersion", "VERSION"),
		Blocks: !x.Now().Before(end) && !x.state.up(),
	})
}
