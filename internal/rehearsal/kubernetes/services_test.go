package kubernetes

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func TestEveryLoadBalancerServiceGetsItsOwnAddress(t *testing.T) {
	p := configured(t)
	namespace(t, p, "balanced")
	balancer := func(name string, rest map[string]any) resource.PropertyMap {
		spec := map[string]any{"type": "LoadBalancer", "ports": []any{map[string]any{"port": 443}}}
		for key, value := range rest {
			spec[key] = value
		}
		return object("v1", "Service", "balanced", name, map[string]any{"spec": spec})
	}
	seen := map[string]bool{}
	for name, rest := range map[string]map[string]any{
		"one": nil, "two": nil, "internal": {"loadBalancerClass": "networking.gke.io/l4-regional-internal"},
	} {
		create(t, p, service, balancer(name, rest))
		var found corev1.Service
		require.NoError(t, direct(t).Get(t.Context(), client.ObjectKey{Namespace: "balanced", Name: name}, &found))
		require.Len(t, found.Status.LoadBalancer.Ingress, 1, "the provider waits for the address")
		address := found.Status.LoadBalancer.Ingress[0].IP
		assert.Regexp(t, `^198\.51\.100\.\d+$`, address)
		assert.False(t, seen[address], "%s has two owners", address)
		seen[address] = true
	}

	foreign := balancer("foreign", map[string]any{"loadBalancerClass": "example.com/none"})
	assert.Equal(t, "Service balanced/foreign is not ready: the load balancer has no address", unready(t, p, service, foreign))
}
