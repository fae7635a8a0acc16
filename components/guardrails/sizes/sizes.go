// Package sizes defines the resource bounds of a namespace by its size: its quota, and the
// default requests and limits of its containers. The guardrails create quotas and
// LimitRanges from them, a mutating admission policy sets limits from them, and
// docs/namespaces.md lists them.
package sizes

import (
	"maps"
	"slices"
	"strconv"

	"bastide/environment"
)

// Bounds are the resource bounds of a namespace.
type Bounds struct {
	// Quota is the hard limits of the namespace's ResourceQuota.
	Quota map[string]string
	// Requests and Limits are the defaults of a container. A LimitRange sets the
	// requests, but not the limits: it would give a container that requests more than
	// the default a limit below its request, which the API then refuses. Source:
	// kubernetes/kubernetes issue 51430.
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

// Limited are the resources for which every container needs a limit.
var Limited = []string{Memory, Disk}

// Workloads are the bounds of a namespace of long-running workloads.
func Workloads(size string) Bounds { return clone(workloads[size]) }

// The quotas count limits of memory and storage, which can't be reclaimed from a running
// pod, but only requests of CPU, which can be throttled. The defaults are enough for a
// container to start, and small enough that a namespace full of pods with defaults fits its
// quota.
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

// Jobs are the bounds of a namespace of build jobs, which are short-lived, need many
// resources, and have no volumes or Services. A larger size allows more jobs, not larger
// ones.
func Jobs(size string) Bounds { return clone(jobs[size]) }

var jobs = map[string]Bounds{
	environment.Small:  jobBounds(environment.Small, "8", "16Gi", "30Gi", "50Gi"),
	environment.Medium: jobBounds(environment.Medium, "32", "64Gi", "120Gi", "200Gi"),
	environment.Large:  jobBounds(environment.Large, "96", "192Gi", "360Gi", "600Gi"),
}

// jobBounds allow 6 GiB of memory limits for each pod: a build, its helper and a service.
// A job's files are deleted with it, so the default disk limit is generous, and the quota
// counts disk requests only.
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

// Of are the bounds of each namespace that the program creates, by name: OpenBao's, those
// of workloads and of jobs, and if there are jobs, the runners'.
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

// Names are the sorted names of the namespaces.
func Names(all map[string]Bounds) []string { return slices.Sorted(maps.Keys(all)) }
