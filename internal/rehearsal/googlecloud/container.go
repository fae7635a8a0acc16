package googlecloud

import (
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

const (
	computeAPI   = "compute.googleapis.com"
	containerAPI = "container.googleapis.com"
	nodeRole     = "roles/container.defaultNodeServiceAccount"
)

// versions are GKE's newest patch versions by minor version, from its release notes of
// August and September 2026.
var versions = map[string]string{
	"1.34": "1.34.9-gke.1100000",
	"1.35": "1.35.8-gke.1036000",
	"1.36": "1.36.3-gke.1640000",
}

var minorOf = regexp.MustCompile(`^\d+\.\d+`)

func checkCluster(c *call) error {
	if err := c.enabled(computeAPI); err != nil {
		return err
	}
	for _, check := range []func(*call) error{checkClusterNetwork, checkClusterVersion, checkClusterKeys} {
		if err := check(c); err != nil {
			return err
		}
	}
	return checkNodes(c, "Error waiting for creating GKE cluster")
}

func checkClusterNetwork(c *call) error {
	network, subnet := c.refer(c.text("network")), c.refer(c.text("subnetwork"))
	if network == nil {
		return fmt.Errorf("googleapi: Error 400: Network %q does not exist., badRequest", c.text("network"))
	}
	if subnet == nil {
		return fmt.Errorf("googleapi: Error 400: Subnetwork %q does not exist., badRequest", c.text("subnetwork"))
	}
	for noun, path := range map[string]string{
		"Pod":      "ipAllocationPolicy.clusterSecondaryRangeName",
		"Services": "ipAllocationPolicy.servicesSecondaryRangeName",
	} {
		if name := c.text(path); name != "" && !hasSecondaryRange(subnet, name) {
			return fmt.Errorf("googleapi: Error 400: %s secondary range %q not found in network %q, subnetwork %q., badRequest",
				noun, name, text(network.outputs, "selfLink"), text(subnet.outputs, "name"))
		}
	}
	for _, own := range controlPlaneRange(c.object) {
		for _, other := range c.rangesInUse() {
			if own.prefix.Overlaps(other.prefix) {
				return fmt.Errorf("Error waiting for creating GKE cluster: Conflicting IP cidr range: Invalid IPCidrRange: "+
					"%s conflicts with existing subnetwork '%s' in region '%s'.", own.prefix, other.owner, text(subnet.outputs, "region"))
			}
		}
	}
	return nil
}

// controlPlaneRange is the /28 of the subnetwork that GKE creates in the VPC.
func controlPlaneRange(cluster *object) []addressRange {
	return parseRange(text(cluster.outputs, "privateClusterConfig.masterIpv4CidrBlock"), "", "gke-"+text(cluster.outputs, "name")+"-pe-subnet")
}

func checkClusterVersion(c *call) error {
	wanted := c.text("minMasterVersion")
	if _, known := versions[minorOf.FindString(wanted)]; wanted != "" && !known {
		return fmt.Errorf("googleapi: Error 400: No valid versions with the prefix %q found., badRequest", wanted)
	}
	return nil
}

// checkClusterKeys requires the grant on the key for secrets, and the topic. The text
// around KMS's message is an approximation: no public record of it was found.
func checkClusterKeys(c *call) error {
	if key := c.text("databaseEncryption.keyName"); !c.usable(key, containerAPI) {
		return fmt.Errorf("googleapi: Error 400: Cloud KMS error when using key %s as %s: %s, badRequest", key, agentEmail(containerAPI), keyDenied(key))
	}
	if topic := c.text("notificationConfig.pubsub.topic"); topic != "" && c.find(topic) == nil {
		return fmt.Errorf("googleapi: Error 400: Pub/Sub topic %q does not exist., badRequest", topic)
	}
	return nil
}

func checkNodePool(c *call) error {
	if cluster := c.text("cluster"); c.find(cluster) == nil {
		return fmt.Errorf("error creating NodePool: googleapi: Error 404: Not found: %s., notFound", cluster)
	}
	return checkNodes(c, "Error waiting for creating GKE NodePool")
}

// checkNodes is what both a cluster and a node pool require before nodes can start.
func checkNodes(c *call, frame string) error {
	if account := c.text("nodeConfig.serviceAccount"); account != "" {
		if c.find("projects/"+c.cloud.project+"/serviceAccounts/"+account) == nil {
			return fmt.Errorf("googleapi: Error 400: Service account %q does not exist., badRequest", account)
		}
		// In the real cloud such nodes start degraded. Here it is an error, so that a
		// rehearsal does not miss it.
		if !c.roleGranted(nodeRole, account) {
			return fmt.Errorf("%s: All cluster resources were brought up, but: only 0 nodes out of 1 have registered; cluster may be unhealthy. "+
				"Grant %s role to Node service account %s to allow for non-degraded operations.", frame, nodeRole, account)
		}
	}
	if key := c.text("nodeConfig.bootDiskKmsKey"); !c.usable(key, computeAPI) {
		return fmt.Errorf("%s: Google Compute Engine: Not all instances running in IGM. Expected 1, running 0, transitioning 1. "+
			"Current errors: [PERMISSIONS_ERROR]: Instance creation failed: Cloud KMS error when using key %s: %s (when acting as '%s')",
			frame, key, keyDenied(key), agentEmail(computeAPI))
	}
	return nil
}

func clusterOutputs(c *call) {
	version := c.text("minMasterVersion")
	if newest, ok := versions[version]; ok || version == "" {
		version = newest
	}
	c.set("masterVersion", resource.NewProperty(version))
	c.set("endpoint", resource.NewProperty(c.cloud.endpoint))
	c.merge("masterAuth", resource.PropertyMap{"clusterCaCertificate": resource.NewProperty(c.cloud.authority)})
	c.merge("privateClusterConfig", resource.PropertyMap{
		"publicEndpoint":  resource.NewProperty(c.cloud.endpoint),
		"privateEndpoint": resource.NewProperty(firstHost(controlPlaneRange(c.object))),
	})
}

// firstHost is the address that GKE assigns to the control plane: the third of the range.
func firstHost(ranges []addressRange) string {
	if len(ranges) == 0 {
		return ""
	}
	return ranges[0].prefix.Addr().Next().Next().String()
}

// merge adds computed properties to a nested object.
func (c *call) merge(property string, computed resource.PropertyMap) {
	merged := resource.PropertyMap{}
	if given := lookup(c.object.outputs, property); given.IsObject() {
		merged = given.ObjectValue().Copy()
	}
	for key, value := range computed {
		merged[key] = value
	}
	c.set(property, resource.NewProperty(merged))
}
