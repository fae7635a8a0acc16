// Package sizes is how far the use of a namespace goes, by its size, and what a
// container gets that does not say: the guardrails make quotas and LimitRanges of it,
// the admission rules fill in limits from it, and docs/namespaces.md shows it.
package sizes

import (
	"maps"
	"slices"
	"strconv"

	"bastide/environment"
)

// Bounds are how far the use of a namespace goes: in all, and for a container that
// says nothing.
type Bounds struct {
	Quota map[string]string
	// Requests are a LimitRange's. Limits are not: a LimitRange would give a container
	// that asks for more than the default a limit below its request, which the API then
	// refuses. Source: kubernetes/kubernetes issue 51430.
	Requests, Limits map[string]string
}

// All are the sizes, the smallest first.
var All = []string{environment.Small, environment.Medium, environment.Large}

// The resources of containers, as Kubernetes names them.
const (
	CPU    = "cpu"
	Memory = "memory"
	Disk   = "ephemeral-storage"
)

// Limited are the resources of which every container has a limit.
var Limited = []string{Memory, Disk}

// Workloads are the bounds of what runs for long.
func Workloads(size string) Bounds { return clone(workloads[size]) }

// Memory and storage can't be taken back from a pod that has them, so their limits
// count; CPU can, so only requests do. The defaults are enough to start, and so small
// that a namespace full of pods which say nothing fits its quota.
var workloads = map[string]Bounds{
	environment.Small: {
		Quota: map[string]string{
			"pods": "20", "requests.cpu": "4", "requests.memory": "8Gi", "limits.memory": "16Gi",
			"requests.ephemeral-storage": "20Gi", "limits.ephemeral-storage": "40Gi",
			"persistentvolumeclaims": "10", "requests.storage": "100Gi",
			"services.loadbalancers": "1", "count/secrets": "50", "count/configmaps": "50",
		},
		Requests: map[string]string{CPU: "50m", Memory: "64Mi", Disk: "64Mi"},
		Limits:   map[string]string{Memory: "256Mi", Disk: "512Mi"},
	},
	environment.Medium: {
		Quota: map[string]string{
			"pods": "60", "requests.cpu": "12", "requests.memory": "24Gi", "limits.memory": "48Gi",
			"requests.ephemeral-storage": "60Gi", "limits.ephemeral-storage": "120Gi",
			"persistentvolumeclaims": "30", "requests.storage": "500Gi",
			"services.loadbalancers": "2", "count/secrets": "150", "count/configmaps": "150",
		},
		Requests: map[string]string{CPU: "100m", Memory: "128Mi", Disk: "128Mi"},
		Limits:   map[string]string{Memory: "512Mi", Disk: "1Gi"},
	},
	environment.Large: {
		Quota: map[string]string{
			"pods": "200", "requests.cpu": "40", "requests.memory": "80Gi", "limits.memory": "160Gi",
			"requests.ephemeral-storage": "200Gi", "limits.ephemeral-storage": "400Gi",
			"persistentvolumeclaims": "100", "requests.storage": "2Ti",
			"services.loadbalancers": "5", "count/secrets": "500", "count/configmaps": "500",
		},
		Requests: map[string]string{CPU: "150m", Memory: "256Mi", Disk: "256Mi"},
		Limits:   map[string]string{Memory: "768Mi", Disk: "2Gi"},
	},
}

// Jobs are the bounds of build jobs: short, hungry, and without volumes or ways in. A
// larger namespace has room for more of them, not for larger ones.
func Jobs(size string) Bounds { return clone(jobs[size]) }

var jobs = map[string]Bounds{
	environment.Small:  jobBounds(environment.Small, "8", "16Gi", "30Gi", "50Gi"),
	environment.Medium: jobBounds(environment.Medium, "32", "64Gi", "120Gi", "200Gi"),
	environment.Large:  jobBounds(environment.Large, "96", "192Gi", "360Gi", "600Gi"),
}

// jobBounds have 6 GiB of limits for each pod: a build, its helper and a service. What a
// job leaves on disk goes with it, so its limit is wide and the quota counts requests.
func jobBounds(size, cores, requests, limits, diskRequests string) Bounds {
	pods := strconv.Itoa(environment.JobPods[size])
	return Bounds{
		Quota: map[string]string{
			"pods": pods, "requests.cpu": cores, "requests.memory": requests, "limits.memory": limits, "requests.ephemeral-storage": diskRequests,
			"count/jobs.batch": pods, "count/secrets": "200", "count/configmaps": "200",
			"persistentvolumeclaims": "0", "services.loadbalancers": "0", "services.nodeports": "0",
		},
		Requests: map[string]string{CPU: "100m", Memory: "256Mi", Disk: "1Gi"},
		Limits:   map[string]string{Memory: "2Gi", Disk: "20Gi"},
	}
}

func clone(b Bounds) Bounds {
	return Bounds{maps.Clone(b.Quota), maps.Clone(b.Requests), maps.Clone(b.Limits)}
}

// Of are the bounds of each namespace that the program makes: OpenBao's, those of
// workloads and of jobs, and where there are jobs, that of what sends them.
func Of(workloads []environment.WorkloadNamespace, jobs []environment.JobNamespace) map[string]Bounds {
	all := map[string]Bounds{environment.OpenBaoNamespace: Workloads(environment.Medium)}
	for _, namespace := range workloads {
		all[namespace.Name] = Workloads(namespace.Size)
	}
	for _, namespace := range jobs {
		all[environment.CISystemNamespace] = Workloads(environment.Medium)
		all[namespace.Name] = Jobs(namespace.Size)
	}
	return all
}

// Names are those of the namespaces, sorted.
func Names(all map[string]Bounds) []string { return slices.Sorted(maps.Keys(all)) }
