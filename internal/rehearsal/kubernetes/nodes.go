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

// NodePool is a group of equal nodes.
type NodePool struct {
	Name        string
	MachineType string
	MaxPods     int
	Labels      map[string]string
	Taints      []corev1.Taint
	// Sandbox is true for GKE Sandbox (gVisor).
	Sandbox bool
	// Zones has an entry for each node.
	Zones []string
}

// poolLabel is the label with a node's node pool.
const poolLabel = "cloud.google.com/gke-nodepool"

// AddNodes registers the nodes of a pool, and waits until they accept pods.
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
	err = wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, startTimeout, true, func(ctx context.Context) (bool, error) {
		var nodes corev1.NodeList
		if err := system.List(ctx, &nodes, client.MatchingLabels{poolLabel: pool.Name}); err != nil {
			return false, err
		}
		return !slices.ContainsFunc(nodes.Items, notReady), nil
	})
	if err != nil {
		return fmt.Errorf("waiting for the nodes of pool %s: %w", pool.Name, err)
	}
	return nil
}

// RemoveNodes deletes the nodes of a pool.
func (h *Host) RemoveNodes(ctx context.Context, pool string) error {
	system, err := h.Client()
	if err != nil {
		return err
	}
	return system.DeleteAllOf(ctx, &corev1.Node{}, client.MatchingLabels{poolLabel: pool})
}

// notReady tells whether a node still has the taint of one that is not ready.
func notReady(node corev1.Node) bool {
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
	capacity := p.capacity()
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels},
		Spec:       corev1.NodeSpec{Taints: p.Taints, ProviderID: "gce://rehearsal/" + zone + "/" + name},
		Status:     corev1.NodeStatus{Capacity: capacity, Allocatable: capacity},
	}
}

// machine parses a predefined machine type. Source: Compute Engine, "General purpose
// machine family": the number is that of CPUs, the word before it gives the memory for
// each.
var machine = regexp.MustCompile(`-(standard|highmem|highcpu)-(\d+)$`)

var gigabytesPerCPU = map[string]int{"standard": 4, "highmem": 8, "highcpu": 1}

// capacity does not subtract what GKE reserves for itself. For other machine types it
// assumes the smallest on which GKE's own pods leave any capacity.
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
