package googlecloud

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	corev1 "k8s.io/api/core/v1"

	"bastide/internal/rehearsal/kubernetes"
)

// NoKubernetes implements Kubernetes without any cluster, for uses of the simulated cloud
// alone. Its endpoint is an address that is reserved for documentation.
type NoKubernetes struct{}

// StartCluster implements Kubernetes.
func (NoKubernetes) StartCluster(context.Context) (endpoint, authority string, err error) {
	return "192.0.2.10", "bm8gY2VydGlmaWNhdGU=", nil
}

// StopCluster implements Kubernetes.
func (NoKubernetes) StopCluster() error { return nil }

// AddNodes implements Kubernetes.
func (NoKubernetes) AddNodes(context.Context, kubernetes.NodePool) error { return nil }

// RemoveNodes implements Kubernetes.
func (NoKubernetes) RemoveNodes(context.Context, string) error { return nil }

func startCluster(ctx context.Context, c *call) error {
	endpoint, authority, err := c.cloud.kubernetes.StartCluster(ctx)
	if err != nil {
		return err
	}
	c.cloud.mu.Lock()
	defer c.cloud.mu.Unlock()
	c.cloud.endpoint, c.cloud.authority = endpoint, authority
	clusterOutputs(c)
	return nil
}

func stopCluster(_ context.Context, c *Cloud, _ resource.PropertyMap) error {
	return c.kubernetes.StopCluster()
}

func startPool(ctx context.Context, c *call) error {
	c.cloud.mu.Lock()
	pool := c.pool()
	c.cloud.mu.Unlock()
	return c.cloud.kubernetes.AddNodes(ctx, pool)
}

func stopPool(ctx context.Context, c *Cloud, outputs resource.PropertyMap) error {
	return c.kubernetes.RemoveNodes(ctx, text(outputs, "name"))
}

// pool is a node pool at its maximum size, because autoscaling is not simulated: every
// pod that would fit after scaling up fits at once.
func (c *call) pool() kubernetes.NodePool {
	pool := kubernetes.NodePool{
		Name:        c.text("name"),
		MachineType: c.text("nodeConfig.machineType"),
		MaxPods:     number(c.object.outputs, "maxPodsPerNode"),
		Sandbox:     c.text("nodeConfig.sandboxConfig.sandboxType") == "gvisor",
		Labels:      map[string]string{},
	}
	for key, value := range lookupObject(c.object.outputs, "nodeConfig.labels") {
		pool.Labels[string(key)] = value.StringValue()
	}
	for _, taint := range objects(lookup(c.object.outputs, "nodeConfig.taints")) {
		pool.Taints = append(pool.Taints, corev1.Taint{
			Key: text(taint, "key"), Value: text(taint, "value"), Effect: effects[text(taint, "effect")],
		})
	}
	zones := c.zones()
	for i := range number(c.object.outputs, "autoscaling.totalMaxNodeCount") {
		pool.Zones = append(pool.Zones, zones[i%len(zones)])
	}
	return pool
}

// effects are Kubernetes' names of taint effects, by the names of GKE's API.
var effects = map[string]corev1.TaintEffect{
	"NO_SCHEDULE":        corev1.TaintEffectNoSchedule,
	"PREFER_NO_SCHEDULE": corev1.TaintEffectPreferNoSchedule,
	"NO_EXECUTE":         corev1.TaintEffectNoExecute,
}

// zones are the zones of the pool's cluster: its node locations, the zone of a zonal
// cluster, or the three that GKE chooses in most regions.
func (c *call) zones() (zones []string) {
	cluster := c.find(c.text("cluster"))
	if named := texts(lookup(cluster.outputs, "nodeLocations")); len(named) > 0 {
		return named
	}
	location := text(cluster.outputs, "location")
	if location != c.cloud.region {
		return []string{location}
	}
	for _, letter := range "bcd" {
		zones = append(zones, fmt.Sprintf("%s-%c", location, letter))
	}
	return zones
}

func number(properties resource.PropertyMap, path string) int {
	if value := lookup(properties, path); value.IsNumber() {
		return int(value.NumberValue())
	}
	return 0
}

func lookupObject(properties resource.PropertyMap, path string) resource.PropertyMap {
	if value := lookup(properties, path); value.IsObject() {
		return value.ObjectValue()
	}
	return nil
}
