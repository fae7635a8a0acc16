package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"bastide/environment"
)

// quota is a Compute Engine quota of a region.
type quota struct {
	Metric       string
	Limit, Usage float64
}

// demand is what an environment's node pools need at their minimum and at their maximum size.
type demand struct{ least, most float64 }

func checkQuotas(ctx context.Context, x *examination) Report {
	project, skipped := x.project(ctx)
	switch {
	case skipped != "":
		return Report{Skipped: skipped}
	case x.state.up():
		return Report{Skipped: "the environment is up, so the usage that gcloud reports includes its own"}
	}
	said, err := x.tools.output(ctx, "gcloud", "compute", "regions", "describe", x.settings.Location.Region, "--project", project, "--format", "json(quotas)")
	if err != nil {
		return Report{Skipped: err.Error()}
	}
	var region struct{ Quotas []quota }
	if err := json.Unmarshal([]byte(said), &region); err != nil {
		return Report{Skipped: "gcloud's list of quotas could not be parsed"}
	}
	demands := demandsOf(x.settings)
	var findings []Finding
	seen := 0
	for _, q := range region.Quotas {
		wanted, asked := demands[q.Metric]
		if !asked {
			continue
		}
		seen++
		if free := q.Limit - q.Usage; free < wanted.most {
			findings = append(findings, Finding{
				What: fmt.Sprintf("%s in %s: %.0f of %.0f are free, and the node pools need %.0f to %.0f", q.Metric, x.settings.Location.Region, free, q.Limit, wanted.least, wanted.most),
				Why:  "GKE can't create nodes beyond the quota, and the pods that need them stay pending",
				Remedy: fmt.Sprintf("request more at https://console.cloud.google.com/iam-admin/quotas?project=%s, or %s",
					project, environment.Command("pulumi", "config", "set", "--stack", x.Environment, "bastide:generalMaxNodes", "FEWER")),
				Blocks: free < wanted.least,
			})
		}
	}
	switch {
	case len(findings) > 0:
		return found(findings...)
	case seen == 0:
		return Report{Skipped: "gcloud lists none of the quotas that the node pools need"}
	}
	return Report{Seen: fmt.Sprintf("%d quotas suffice for the node pools' maximum sizes", seen)}
}

// demandsOf adds up what the node pools need, by quota.
func demandsOf(e *environment.Environment) map[string]demand {
	demands := map[string]demand{"STATIC_ADDRESSES": {1, 1}}
	pools := []environment.Pool{e.General}
	if e.CI != nil {
		pools = append(pools, e.CI.Pool)
	}
	for _, pool := range pools {
		add := func(metric string, each float64) {
			d := demands[metric]
			demands[metric] = demand{d.least + each*float64(pool.MinNodes), d.most + each*float64(pool.MaxNodes)}
		}
		if count, known := processors(pool.MachineType); known && !pool.Spot {
			add(processorQuota(pool.MachineType), count)
		}
		if pool.DiskType == "pd-ssd" || pool.DiskType == "pd-balanced" {
			add("SSD_TOTAL_GB", float64(pool.DiskGB))
		}
	}
	return demands
}

var machineTypePattern = regexp.MustCompile(`^([a-z0-9]+)-[a-z]+-(\d+)$`)

// processors is the number of a machine type's vCPUs, which its name ends with.
func processors(machineType string) (float64, bool) {
	parts := machineTypePattern.FindStringSubmatch(machineType)
	if parts == nil {
		return 0, false
	}
	count, err := strconv.ParseFloat(parts[2], 64)
	return count, err == nil
}

// processorQuota is the quota that a machine type's vCPUs count against. E2 and N1
// share one; later series have their own. Source: Compute Engine, "Allocation quotas".
func processorQuota(machineType string) string {
	series, _, _ := strings.Cut(machineType, "-")
	if series == "e2" || series == "n1" {
		return "CPUS"
	}
	return strings.ToUpper(series) + "_CPUS"
}
