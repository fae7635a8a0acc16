package kubernetes

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// The label and taint of the nodes of a sandbox pool, and the runtime class that GKE
// creates with the first such pool. Source: GKE, "Harden workload isolation with GKE
// Sandbox"; cloudpilot-ai/karpenter-provider-gcp issue 504.
const (
	sandboxKey   = "sandbox.gke.io/runtime"
	sandboxValue = "gvisor"
)

// sandboxed adds the label and the taint of a sandbox pool.
func (p NodePool) sandboxed() NodePool {
	labels := map[string]string{sandboxKey: sandboxValue}
	for key, value := range p.Labels {
		labels[key] = value
	}
	p.Labels = labels
	p.Taints = append([]corev1.Taint{{Key: sandboxKey, Value: sandboxValue, Effect: corev1.TaintEffectNoSchedule}}, p.Taints...)
	return p
}

// makeRuntimeClass creates GKE's runtime class, which schedules pods on such nodes.
func makeRuntimeClass(ctx context.Context, system client.Client) error {
	err := system.Create(ctx, &nodev1.RuntimeClass{
		ObjectMeta: metav1.ObjectMeta{Name: sandboxValue},
		Handler:    sandboxValue,
		Scheduling: &nodev1.Scheduling{
			NodeSelector: map[string]string{sandboxKey: sandboxValue},
			Tolerations:  []corev1.Toleration{{Key: sandboxKey, Operator: corev1.TolerationOpEqual, Value: sandboxValue, Effect: corev1.TaintEffectNoSchedule}},
		},
	})
	if err := client.IgnoreAlreadyExists(err); err != nil {
		return fmt.Errorf("creating GKE's runtime class: %w", err)
	}
	return nil
}
