package kubernetes

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// What GKE puts on the nodes of a sandbox pool, as label and as taint, and the
// runtime class that it makes with the first of them. Source: GKE, "Harden workload
// isolation with GKE Sandbox"; cloudpilot-ai/karpenter-provider-gcp issue 504.
const (
	sandboxKey   = "sandbox.gke.io/runtime"
	sandboxValue = "gvisor"
)

// sandboxed is a pool as GKE makes it of one that asks for a sandbox.
func (p NodePool) sandboxed() NodePool {
	labels := map[string]string{sandboxKey: sandboxValue}
	for key, value := range p.Labels {
		labels[key] = value
	}
	p.Labels = labels
	p.Taints = append([]corev1.Taint{{Key: sandboxKey, Value: sandboxValue, Effect: corev1.TaintEffectNoSchedule}}, p.Taints...)
	return p
}

// makeRuntimeClass makes GKE's runtime class, which brings pods to such nodes.
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
		return fmt.Errorf("making GKE's runtime class: %w", err)
	}
	return nil
}
