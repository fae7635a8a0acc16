package environment

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// customType is a custom machine type without its series. Source: Compute Engine,
// "Create a VM with a custom machine type".
var customType = regexp.MustCompile(`^custom-([1-9]\d{0,3})-([1-9]\d{0,7})(-ext)?$`)

// Machine types that remedies suggest: one for each kind of boot disk.
const (
	machineExample   = "e2-standard-4"
	hyperdiskExample = "n4-standard-4"
)

// checkMachine refuses a machine type that does not exist, that GKE refuses, or on
// which the platform would not run. Shared cores run gVisor since 1.24.2-gke.300.
// Sources: GKE, "GKE Sandbox", node pool configuration; "About machine support with GKE
// clusters", on bare metal.
func checkMachine(r *reader, pool Pool) {
	key, cloud := pool.Role+"MachineType", googleCloud()
	if r.reported(key) {
		return
	}
	wrong, instead := cloud.wrongMachine(pool.MachineType)
	if !slices.Contains(cloud.Machines[seriesOf(instead)].Disks, pool.DiskType) {
		instead = hyperdiskExample
	}
	if wrong != "" {
		r.report(key, r.setting(key, instead), "%q %s", pool.MachineType, wrong)
	}
}

// wrongMachine says what is wrong with a machine type, and which one to use instead.
func (c catalogue) wrongMachine(machineType string) (wrong, instead string) {
	name := seriesOf(machineType)
	s, known := c.Machines[name]
	switch {
	case !known:
		return fmt.Sprintf("is of none of the machine series %s, in %s", strings.Join(c.offered(), ", "), c.dated()), machineExample
	case s.Arm:
		return "is an Arm machine: GKE taints its nodes with kubernetes.io/arch=arm64, which neither the platform's pods nor build jobs tolerate", machineExample
	case strings.HasSuffix(machineType, "-metal"):
		return "is bare metal, which GKE does not scale", machineExample
	case !c.exists(machineType):
		return fmt.Sprintf("is not a machine type of series %s, in %s", name, c.dated()), c.near(machineType)
	}
	if left, memory := c.room(machineType); left < leastMemory {
		return fmt.Sprintf("has %s of memory, of which GKE leaves %d MiB for pods, its own included; this platform needs %d MiB on each node", memory, left, leastMemory), machineExample
	}
	return "", ""
}

// offered are the machine series that settings may use.
func (c catalogue) offered() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(c.Machines)), func(name string) bool {
		return c.Machines[name].Arm || len(c.Machines[name].Types) == 0
	})
}

func (c catalogue) exists(machineType string) bool {
	name := seriesOf(machineType)
	s := c.Machines[name]
	plain, local := strings.CutSuffix(machineType, "-lssd")
	if slices.Contains(c.names(name), plain) {
		return !local || s.LocalSSD
	}
	return s.Custom && customType.MatchString(strings.TrimPrefix(machineType, name+"-"))
}

// near is the machine type of the same series that was most likely meant.
func (c catalogue) near(machineType string) string {
	names := c.names(seriesOf(machineType))
	if near := nearest(machineType, names); near != "" {
		return near
	}
	if i := slices.IndexFunc(names, func(n string) bool { return strings.HasSuffix(n, "-standard-4") }); i >= 0 {
		return names[i]
	}
	return machineExample
}

// leastMemory is the memory, in MiB, that a node must have for pods. A server of OpenBao
// may use 1152 MiB (components/openbao), and GKE runs pods of its own on every node.
const leastMemory = 2048

// room is the memory that a machine has for pods, in MiB, capped at leastMemory for
// machines with 4 GiB or more. GKE reserves 255 MiB of a machine with up to 1 GiB, or a
// quarter of the first 4 GiB, and 100 MiB for evictions. Source: GKE, "Plan GKE Standard
// node sizes".
func (c catalogue) room(machineType string) (left int, memory string) {
	const gib, eviction = 1024, 100
	gigabytes, small := c.Memory[machineType]
	mib := int(gigabytes * gib)
	memory = fmt.Sprintf("%g GB", gigabytes)
	if parts := customType.FindStringSubmatch(strings.TrimPrefix(machineType, seriesOf(machineType)+"-")); parts != nil {
		mib, _ = strconv.Atoi(parts[2]) // at most eight digits
		small, memory = mib < 4*gib, fmt.Sprintf("%d MB", mib)
	}
	switch {
	case !small:
		return leastMemory, memory
	case mib <= gib:
		return mib - 255 - eviction, memory
	}
	return mib - mib/4 - eviction, memory
}

// checkDisk refuses a boot disk type that the machine type does not support.
func checkDisk(r *reader, pool Pool) {
	key, name := pool.Role+"DiskType", seriesOf(pool.MachineType)
	disks := googleCloud().Machines[name].Disks
	if r.reported(pool.Role+"MachineType") || r.reported(key) || slices.Contains(disks, pool.DiskType) {
		return
	}
	r.report(key, r.setting(key, disks[0]), "%s is of machine series %s, which does not support %s; it supports %s",
		pool.MachineType, name, pool.DiskType, strings.Join(disks, ", "))
}

// VolumeType is the disk type of volumes: one that the general pool's machines support,
// so that OpenBao's volumes can be attached to them.
func (e *Environment) VolumeType() string {
	const usual = "pd-balanced"
	disks := googleCloud().Machines[seriesOf(e.General.MachineType)].Disks
	if slices.Contains(disks, usual) {
		return usual
	}
	return disks[0]
}

// checkQuorum refuses Spot nodes if OpenBao has several servers: Google may reclaim
// any number of nodes at once. Source: GKE, "Spot VMs".
func checkQuorum(r *reader, e *Environment) {
	const key = "generalSpot"
	if e.General.Spot && e.OpenBao.Replicas > 1 && !r.reported("openbaoReplicas") {
		r.report(key, r.setting(key, "false"),
			"is on, but Google may reclaim several Spot nodes at once, and without a majority of its %d servers OpenBao stops answering; use Spot nodes only with openbaoReplicas 1", e.OpenBao.Replicas)
	}
}
