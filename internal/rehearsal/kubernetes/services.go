package kubernetes

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// balancerClasses are the load balancer classes that GKE supports; the empty one is GKE's
// default. Source: GKE, "LoadBalancer Service parameters".
var balancerClasses = []string{"", "networking.gke.io/l4-regional-external", "networking.gke.io/l4-regional-internal"}

// balance gives a Service of type LoadBalancer its address.
func (a *addons) balance(ctx context.Context, key client.ObjectKey) error {
	var service corev1.Service
	if err := a.cluster.Get(ctx, key, &service); err != nil {
		return client.IgnoreNotFound(err)
	}
	class := ""
	if service.Spec.LoadBalancerClass != nil {
		class = *service.Spec.LoadBalancerClass
	}
	if service.Spec.Type != corev1.ServiceTypeLoadBalancer || !slices.Contains(balancerClasses, class) ||
		len(service.Status.LoadBalancer.Ingress) > 0 || service.DeletionTimestamp != nil {
		return nil
	}
	address, err := a.freeAddress(ctx)
	if err != nil {
		return err
	}
	before := client.MergeFrom(service.DeepCopy())
	service.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: address}}
	return client.IgnoreNotFound(a.cluster.Status().Patch(ctx, &service, before))
}

// freeAddress is an address that no Service has, from TEST-NET-2, a range that is
// reserved for documentation (RFC 5737).
func (a *addons) freeAddress(ctx context.Context) (string, error) {
	var services corev1.ServiceList
	if err := a.cluster.List(ctx, &services); err != nil {
		return "", err
	}
	taken := map[string]bool{}
	for _, service := range services.Items {
		for _, ingress := range service.Status.LoadBalancer.Ingress {
			taken[ingress.IP] = true
		}
	}
	for last := 1; last < 255; last++ {
		if address := fmt.Sprintf("198.51.100.%d", last); !taken[address] {
			return address, nil
		}
	}
	return "", fmt.Errorf("all %d addresses for load balancers are in use", len(taken))
}
