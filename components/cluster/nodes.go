package cluster

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/container"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/environment"
)

// nodes says what nodes are like. The SDK has one type for a cluster's default
// pool and another for every other pool; forCluster and forPool fill both from
// here, and a test holds the two against each other.
type nodes struct {
	pool    Pool
	account pulumi.StringInput
	key     pulumi.StringInput
	tag     string
	labels  pulumi.StringMap
}

func (c *Cluster) nodes(pool Pool, account pulumi.StringInput) nodes {
	return nodes{
		pool:    pool,
		account: account,
		key:     c.args.BootDiskKey,
		tag:     c.args.Names.Of(environment.NodeTag),
		labels:  c.labels(),
	}
}

const (
	imageType  = "COS_CONTAINERD"                                 // CIS GKE 5.5.1
	metadata   = "GKE_METADATA"                                   // CIS GKE 5.4.1
	cloudScope = "https://www.googleapis.com/auth/cloud-platform" // the account's roles decide
)

// legacyMetadata turns off the metadata endpoints that need no header.
var legacyMetadata = pulumi.StringMap{"disable-legacy-endpoints": pulumi.String("true")}

func (n nodes) nodeLabels() pulumi.StringMapInput {
	if n.pool.Taint == nil {
		return pulumi.StringMap{}
	}
	return pulumi.ToStringMap(n.pool.Taint.Labels())
}

// taintEffects are the API's names for Kubernetes' effects.
var taintEffects = map[string]string{"NoSchedule": "NO_SCHEDULE"}

func (n nodes) forCluster() container.ClusterNodeConfigPtrInput {
	return container.ClusterNodeConfigArgs{
		MachineType:    pulumi.String(n.pool.MachineType),
		Spot:           pulumi.Bool(n.pool.Spot),
		DiskSizeGb:     pulumi.Int(n.pool.DiskGB),
		DiskType:       pulumi.String(n.pool.DiskType),
		BootDiskKmsKey: n.key.ToStringOutput(), // CIS GKE 5.9.2
		ImageType:      pulumi.String(imageType),
		ServiceAccount: n.account.ToStringOutput(), // CIS GKE 5.2.1
		OauthScopes:    pulumi.StringArray{pulumi.String(cloudScope)},
		ShieldedInstanceConfig: container.ClusterNodeConfigShieldedInstanceConfigArgs{
			EnableSecureBoot:          pulumi.Bool(true), // CIS GKE 5.5.7
			EnableIntegrityMonitoring: pulumi.Bool(true), // CIS GKE 5.5.6
		},
		WorkloadMetadataConfig: container.ClusterNodeConfigWorkloadMetadataConfigArgs{Mode: pulumi.String(metadata)},
		Metadata:               legacyMetadata,
		Tags:                   pulumi.StringArray{pulumi.String(n.tag)},
		ResourceLabels:         n.labels,
		Labels:                 n.nodeLabels(),
		Taints:                 container.ClusterNodeConfigTaintArray{},
	}
}

func (n nodes) forPool() container.NodePoolNodeConfigPtrInput {
	taints := container.NodePoolNodeConfigTaintArray{}
	if t := n.pool.Taint; t != nil {
		taints = append(taints, container.NodePoolNodeConfigTaintArgs{
			Key: pulumi.String(t.Key), Value: pulumi.String(t.Value), Effect: pulumi.String(taintEffects[t.Effect]),
		})
	}
	args := container.NodePoolNodeConfigArgs{
		MachineType:    pulumi.String(n.pool.MachineType),
		Spot:           pulumi.Bool(n.pool.Spot),
		DiskSizeGb:     pulumi.Int(n.pool.DiskGB),
		DiskType:       pulumi.String(n.pool.DiskType),
		BootDiskKmsKey: n.key.ToStringOutput(), // CIS GKE 5.9.2
		ImageType:      pulumi.String(imageType),
		ServiceAccount: n.account.ToStringOutput(), // CIS GKE 5.2.1
		OauthScopes:    pulumi.StringArray{pulumi.String(cloudScope)},
		ShieldedInstanceConfig: container.NodePoolNodeConfigShieldedInstanceConfigArgs{
			EnableSecureBoot:          pulumi.Bool(true), // CIS GKE 5.5.7
			EnableIntegrityMonitoring: pulumi.Bool(true), // CIS GKE 5.5.6
		},
		WorkloadMetadataConfig: container.NodePoolNodeConfigWorkloadMetadataConfigArgs{Mode: pulumi.String(metadata)},
		Metadata:               legacyMetadata,
		Tags:                   pulumi.StringArray{pulumi.String(n.tag)},
		ResourceLabels:         n.labels,
		Labels:                 n.nodeLabels(),
		Taints:                 taints,
	}
	if n.pool.Sandbox {
		args.SandboxConfig = container.NodePoolNodeConfigSandboxConfigArgs{SandboxType: pulumi.String("gvisor")} // CIS GKE 5.10.3
	}
	return args
}
