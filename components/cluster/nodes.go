package cluster

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/container"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/environment"
)

const cloudScope = "https://www.googleapis.com/auth/cloud-platform" // the account's roles decide

// taintEffects are the API's names for Kubernetes' effects.
var taintEffects = map[string]string{"NoSchedule": "NO_SCHEDULE"}

// nodes is the configuration of a pool's nodes. forCluster converts it for the cluster's
// default pool, for which the SDK has other types.
func (c *Cluster) nodes(pool Pool, account pulumi.StringInput) container.NodePoolNodeConfigArgs {
	args := container.NodePoolNodeConfigArgs{
		MachineType:    pulumi.String(pool.MachineType),
		Spot:           pulumi.Bool(pool.Spot),
		DiskSizeGb:     pulumi.Int(pool.DiskGB),
		DiskType:       pulumi.String(pool.DiskType),
		BootDiskKmsKey: c.args.BootDiskKey.ToStringOutput(), // CIS GKE 5.9.2
		ImageType:      pulumi.String("COS_CONTAINERD"),     // CIS GKE 5.5.1
		ServiceAccount: account.ToStringOutput(),            // CIS GKE 5.2.1
		OauthScopes:    pulumi.StringArray{pulumi.String(cloudScope)},
		ShieldedInstanceConfig: container.NodePoolNodeConfigShieldedInstanceConfigArgs{
			EnableSecureBoot:          pulumi.Bool(true), // CIS GKE 5.5.7
			EnableIntegrityMonitoring: pulumi.Bool(true), // CIS GKE 5.5.6
		},
		WorkloadMetadataConfig: container.NodePoolNodeConfigWorkloadMetadataConfigArgs{Mode: pulumi.String("GKE_METADATA")}, // CIS GKE 5.4.1
		Metadata:               pulumi.StringMap{"disable-legacy-endpoints": pulumi.String("true")},                         // v0.1 and v1beta1 endpoints need no Metadata-Flavor header
		Tags:                   pulumi.StringArray{pulumi.String(c.args.Names.Of(environment.NodeTag))},
		ResourceLabels:         c.labels(),
		Labels:                 pulumi.StringMap{},
		Taints:                 container.NodePoolNodeConfigTaintArray{},
	}
	if t := pool.Taint; t != nil {
		args.Labels = pulumi.ToStringMap(t.Labels())
		args.Taints = container.NodePoolNodeConfigTaintArray{container.NodePoolNodeConfigTaintArgs{
			Key: pulumi.String(t.Key), Value: pulumi.String(t.Value), Effect: pulumi.String(taintEffects[t.Effect]),
		}}
	}
	if pool.Sandbox {
		args.SandboxConfig = container.NodePoolNodeConfigSandboxConfigArgs{SandboxType: pulumi.String("gvisor")} // CIS GKE 5.10.3
	}
	return args
}
