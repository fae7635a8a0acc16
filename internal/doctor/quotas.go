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

// quota is what Compute Engine allows in a region.
type quota struct {
	Metric       string
	Limit, Usage float64
}

// demand is what an environment's pools ask for: at once, and at the very most.
type demand struct{ least, most float64 }

func lookAtQuotas(ctx context.Context, p *patient) Report {
	project, skipped := p.project(ctx)
	switch {
	case skipped != "":
		return Report{Skipped: skipped}
	case p.state.up():
		return Report{Skipped: "the environment is up, and what it uses itself counts"}
	}
	said, err := p.tools.say(ctx, "gcloud", "compute", "regions", "describe", p.settings.Location.Region, "--project", project, "--format", "json(quotas)")
	if err != nil {
		return Report{Skipped: err.Error()}
	}
	var region struct{ Quotas []quota }
	if err := json.Unmarshal([]byte(said), &region); err != nil {
		return Report{Skipped: "what gcloud says of quotas can't be read"}
	}
	demands := demandsOf(p.settings)
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
				What: fmt.Sprintf("%s in %s: %.0f of %.0f are free, and the pools take %.0f to %.0f", q.Metric, p.settings.Location.Region, free, q.Limit, wanted.least, wanted.most),
				Why:  "nodes beyond the quota are never made, and what should run on them waits",
				Remedy: fmt.Sprintf("ask for more at https://console.cloud.google.com/iam-admin/quotas?project=%s, or %s",
					project, environment.Command("pulumi", "config", "set", "--stack", p.Environment, "bastide:generalMaxNodes", "FEWER")),
				Blocks: free < wanted.least,
			})
		}
	}
	switch {
	case len(findings) > 0:
		return found(findings...)
	case seen == 0:
		return Report{Skipped: "gcloud tells of none of the quotas that matter"}
	}
	return Report{Seen: fmt.Sprintf("%d of them are enough for the pools' maxima", seen)}
}

// demandsOf adds up what pools ask for, by quota.
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

var machine = regexp.MustCompile(`^([a-z0-9]+)-[a-z]+-(\d+)$`)

// processors is how many a machine type has: its last number.
func processors(machineType string) (float64, bool) {
	parts := machine.FindStringSubmatch(machineType)
	if parts == nil {
		return 0, false
	}
	count, err := strconv.ParseFloat(parts[2], 64)
	return count, err == nil
}

// processorQuota is the quota that a machine type's processors count for. E2 and N1
// share one; later series have their own. Source: Compute Engine, "Allocation quotas".
func processorQuota(machineType string) string {
	series, _, _ := strings.Cut(machineType, "-")
	if series == "e2" || series == "n1" {
		return "CPUS"
	}
	return strings.ToUpper(series) + "_CPUS"
}
