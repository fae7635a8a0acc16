package kubernetes

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// NodePool is a group of nodes that are alike.
type NodePool struct {
	Name        string
	MachineType string
	MaxPods     int
	Labels      map[string]string
	Taints      []corev1.Taint
	// Sandbox asks for gVisor.
	Sandbox bool
	// Zones has an entry for each node.
	Zones []string
}

// poolLabel is where GKE writes a node's pool.
const poolLabel = "cloud.google.com/gke-nodepool"

// AddNodes makes the nodes of a pool and waits until pods may come.
func (h *Host) AddNodes(ctx context.Context, pool NodePool) error {
	system, err := h.Client()
	if err != nil {
		return err
	}
	if pool.Sandbox {
		if err := makeRuntimeClass(ctx, system); err != nil {
			return err
		}
		pool = pool.sandboxed()
	}
	for i, zone := range pool.Zones {
		if err := system.Create(ctx, pool.node(i, zone)); err != nil {
			return fmt.Errorf("registering a node of pool %s: %w", pool.Name, err)
		}
	}
	err = wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		var nodes corev1.NodeList
		if err := system.List(ctx, &nodes, client.MatchingLabels{poolLabel: pool.Name}); err != nil {
			return false, err
		}
		return !slices.ContainsFunc(nodes.Items, busy), nil
	})
	if err != nil {
		return fmt.Errorf("waiting for the nodes of pool %s: %w", pool.Name, err)
	}
	return nil
}

// RemoveNodes takes a pool's nodes away.
func (h *Host) RemoveNodes(ctx context.Context, pool string) error {
	system, err := h.Client()
	if err != nil {
		return err
	}
	return system.DeleteAllOf(ctx, &corev1.Node{}, client.MatchingLabels{poolLabel: pool})
}

// busy tells whether a node still carries the taint of one that is not ready.
func busy(node corev1.Node) bool {
	return slices.ContainsFunc(node.Spec.Taints, func(t corev1.Taint) bool { return t.Key == corev1.TaintNodeNotReady })
}

func (p NodePool) node(index int, zone string) *corev1.Node {
	name := fmt.Sprintf("gke-%s-%d", p.Name, index)
	labels := map[string]string{
		poolLabel:                      p.Name,
		corev1.LabelHostname:           name,
		corev1.LabelOSStable:           "linux",
		corev1.LabelArchStable:         "amd64",
		corev1.LabelInstanceTypeStable: p.MachineType,
		corev1.LabelTopologyZone:       zone,
		corev1.LabelTopologyRegion:     regexp.MustCompile(`-[a-z]$`).ReplaceAllString(zone, ""),
	}
	for key, value := range p.Labels {
		labels[key] = value
	}
	room := p.capacity()
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels},
		Spec:       corev1.NodeSpec{Taints: p.Taints, ProviderID: "gce://rehearsal/" + zone + "/" + name},
		Status:     corev1.NodeStatus{Capacity: room, Allocatable: room},
	}
}

// machine reads a predefined machine type. Source: Compute Engine, "General
// purpose machine family": the number is that of CPUs, the word tells the
// memory for each.
var machine = regexp.MustCompile(`-(standard|highmem|highcpu)-(\d+)$`)

var gigabytesPerCPU = map[string]int{"standard": 4, "highmem": 8, "highcpu": 1}

// capacity leaves out what GKE reserves for itself. Of other machine types it
// assumes the smallest that GKE's own pods leave room on.
func (p NodePool) capacity() corev1.ResourceList {
	cpus, gigabytes := 2, 4
	if parts := machine.FindStringSubmatch(p.MachineType); parts != nil {
		if n, err := strconv.Atoi(parts[2]); err == nil {
			cpus, gigabytes = n, n*gigabytesPerCPU[parts[1]]
		}
	}
	return corev1.ResourceList{
		corev1.ResourceCPU:              *resource.NewQuantity(int64(cpus), resource.DecimalSI),
		corev1.ResourceMemory:           *resource.NewQuantity(int64(gigabytes)<<30, resource.BinarySI),
		corev1.ResourceEphemeralStorage: resource.MustParse("50Gi"),
		corev1.ResourcePods:             *resource.NewQuantity(int64(p.MaxPods), resource.DecimalSI),
	}
}
