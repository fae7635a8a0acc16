package environment

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// Pool is one node pool.
type Pool struct {
	// Role is General or Build.
	Role string
	// MachineType is Compute Engine's machine type.
	MachineType string
	// MinNodes and MaxNodes limit autoscaling, summed over all zones.
	MinNodes, MaxNodes int
	// DiskGB is the size of each node's boot disk.
	DiskGB int
	// DiskType is Compute Engine's disk type.
	DiskType string
	// Spot uses Spot VMs, which are cheaper but may be reclaimed at any time.
	Spot bool
	// Taint keeps ordinary pods off; with nil, all pods may run on the pool.
	Taint *Taint
	// Sandbox turns on GKE Sandbox, which runs each pod on a kernel of its own, gVisor.
	Sandbox bool
}

// The roles of pools.
const (
	General = "general"
	Build   = "ci"
)

// Taint keeps pods off a pool. The nodes also have a label of the same key and value,
// because selectors can't match taints. A kubelet may change that label on its own node;
// docs/adr/0022 says what is guaranteed nevertheless.
type Taint struct {
	// Key and Value are those of a Kubernetes label; Effect is NoSchedule.
	Key, Value, Effect string
}

// String is the taint as kubectl writes it.
func (t Taint) String() string { return t.Key + "=" + t.Value + ":" + t.Effect }

// Labels are the node labels that selectors match.
func (t Taint) Labels() map[string]string { return map[string]string{t.Key: t.Value} }

// reservedDomains are the domains, subdomains included, of label keys that a node
// pool's configuration may not set. GKE refuses those of Kubernetes with "Applying
// kubernetes label is not allowed", and those that it sets itself with "are managed by
// GKE or Kubernetes and must not be manually specified". Sources: bitpoke/stack issue
// 86; terraform-provider-google pull request 19677; for gke.io,
// cloudpilot-ai/karpenter-provider-gcp issue 504.
var reservedDomains = []string{"kubernetes.io", "k8s.io", "cloud.google.com", "gke.io"}

// reservedDomain is the reserved domain of a key, or "".
func reservedDomain(key string) string {
	prefix, _, ok := strings.Cut(key, "/")
	if !ok {
		return ""
	}
	for _, domain := range reservedDomains {
		if prefix == domain || strings.HasSuffix(prefix, "."+domain) {
			return domain
		}
	}
	return ""
}

// noSchedule is the only effect that keeps pods off without evicting GKE's own pods.
const noSchedule = "NoSchedule"

// Surge is how many nodes a pool may have beyond MaxNodes during an upgrade.
const Surge = 1

// mostNodes is GKE's limit for a node pool in one zone. Source: GKE, "Quotas and
// limits", nodes per node pool zone. No address plan has room for more in any case.
const mostNodes = 1000

var diskTypes = []string{"pd-balanced", "pd-ssd", "pd-standard", "hyperdisk-balanced"}

func readPool(r *reader, role string) Pool {
	minKey, maxKey, diskKey := role+"MinNodes", role+"MaxNodes", role+"DiskGb"
	pool := Pool{
		Role:        role,
		MachineType: r.text(role + "MachineType"),
		MinNodes:    r.integer(minKey, "0"),
		MaxNodes:    r.integer(maxKey, "3"),
		DiskGB:      r.integer(diskKey, "50"),
		DiskType:    r.oneOf(role+"DiskType", diskTypes...),
		Spot:        r.boolean(role + "Spot"),
	}
	checkMachine(r, pool)
	checkDisk(r, pool)
	if pool.MinNodes < 0 {
		r.report(minKey, r.setting(minKey, "0"), "%d is negative", pool.MinNodes)
	}
	if pool.MaxNodes < 1 {
		r.report(maxKey, r.setting(maxKey, "3"), "a pool with a maximum of %d nodes can't run anything", pool.MaxNodes)
	}
	if pool.MaxNodes > mostNodes {
		r.report(maxKey, r.setting(maxKey, "3"), "%d is more than the %d nodes that GKE allows", pool.MaxNodes, mostNodes)
	}
	if pool.MinNodes > pool.MaxNodes && !r.reported(maxKey) {
		r.report(minKey, r.setting(minKey, fmt.Sprint(pool.MaxNodes)), "%d is more than %s, %d", pool.MinNodes, qualified(maxKey), pool.MaxNodes)
	}
	// GKE's minimum for boot disks is 10 GB, but its images alone need about twice that.
	if pool.DiskGB < 20 || pool.DiskGB > 65536 {
		r.report(diskKey, r.setting(diskKey, "50"), "%d GB is not a size for a boot disk: 20 to 65536", pool.DiskGB)
	}
	return pool
}

func readTaint(r *reader) *Taint {
	const key, example = "ciTaint", "role=privileged:NoSchedule"
	text := r.text(key)
	name, rest, ok := strings.Cut(text, "=")
	value, effect, ok2 := strings.Cut(rest, ":")
	if !ok || !ok2 {
		r.report(key, r.setting(key, example), "%q is not of the form KEY=VALUE:EFFECT", text)
		return nil
	}
	if errs := validation.IsQualifiedName(name); len(errs) > 0 {
		r.report(key, r.setting(key, example), "%q is not a Kubernetes label key: %s", name, strings.Join(errs, "; "))
	} else if domain := reservedDomain(name); domain != "" {
		r.report(key, r.setting(key, strings.TrimPrefix(text, name[:strings.Index(name, "/")+1])),
			"key %q is in %s, which is reserved for Kubernetes and GKE, so GKE would refuse the node pool; use no prefix, or one of your own", name, domain)
	}
	if errs := validation.IsValidLabelValue(value); len(errs) > 0 || value == "" {
		r.report(key, r.setting(key, example), "%q is not a Kubernetes label value: %s", value, strings.Join(append(errs, "it may not be empty"), "; "))
	}
	if effect != noSchedule {
		r.report(key, r.setting(key, example), "effect %q is not %s, the only effect that does not evict GKE's own pods", effect, noSchedule)
	}
	return &Taint{Key: name, Value: value, Effect: effect}
}

// checkCapacity refuses pools that could not all grow to their maximum, could not have a
// node in every zone, or could not run each of OpenBao's servers on a node of its own.
func checkCapacity(r *reader, e *Environment) {
	const generalKey, buildKey = "generalMaxNodes", "ciMaxNodes"
	if r.reported(generalKey) || r.reported(buildKey) || r.reported("openbaoReplicas") {
		return
	}
	zones, servers := max(1, len(e.Location.Zones)), e.OpenBao.Replicas
	least := max(zones, servers)
	if e.General.MaxNodes < least {
		r.report(generalKey, r.setting(generalKey, fmt.Sprint(least)),
			"%d is too few: each of %d zones starts with one node, and each of OpenBao's servers (openbaoReplicas, %d) needs a node of its own",
			e.General.MaxNodes, zones, servers)
		return
	}
	if !e.Addresses.Pods.IsValid() {
		return
	}
	most := e.Addresses.MostNodes()
	others := Surge
	if e.CI != nil {
		others += e.CI.Pool.MaxNodes + Surge
	}
	if e.General.MaxNodes+others <= most {
		return
	}
	// The remedy changes a number, because the range can't change once the environment is up.
	key, fits := generalKey, most-others
	if fits < least && e.CI != nil {
		key, fits = buildKey, max(1, most-2*Surge-e.General.MaxNodes)
	}
	r.report(key, r.setting(key, fmt.Sprint(fits)),
		"the pools may grow to %d nodes (upgrades included), but the pod range %s has room for %d",
		e.General.MaxNodes+others, e.Addresses.Pods, most)
}
