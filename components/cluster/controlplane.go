package cluster

import (
	"net/netip"
	"time"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/container"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/scope"
	"bastide/environment"
)

// createControlPlane creates the cluster without nodes of its own. GKE always creates a
// default pool, which is removed at once. While it exists it is as hardened as the others,
// because it uses the same network and the same keys.
func (c *Cluster) createControlPlane(s scope.Scope) error {
	nodes, err := forCluster(c.nodes(c.args.General, c.accounts[environment.General].withNodeRole))
	if err != nil {
		return err
	}
	args := &container.ClusterArgs{
		Project:        c.args.Projects.Container.ToStringOutput(),
		Name:           c.name(environment.Cluster).ToStringOutput(),
		Location:       pulumi.String(c.args.Location.Cluster()),
		NodeLocations:  nodeLocations(c.args.Location),
		ResourceLabels: c.labels(),

		RemoveDefaultNodePool: pulumi.Bool(true),
		InitialNodeCount:      pulumi.Int(1),
		NodeConfig:            nodes,
		DeletionProtection:    pulumi.Bool(c.args.Protected),

		MinMasterVersion:   pulumi.String(c.args.Kubernetes.Version),
		ReleaseChannel:     container.ClusterReleaseChannelArgs{Channel: pulumi.String(c.args.Kubernetes.Channel)}, // CIS GKE 5.5.4
		MaintenancePolicy:  maintenance(c.args.Kubernetes.Maintenance),
		NotificationConfig: c.notifications(),
	}
	c.connect(args)
	c.harden(args)
	c.observe(args)

	// GKE reports no configuration of the removed default pool, and the difference would
	// replace the cluster.
	controlPlane, err := container.NewCluster(s.Context(), s.Name("control-plane"), args,
		s.Child(pulumi.IgnoreChanges([]string{"nodeConfig"}), pulumi.Protect(c.args.Protected))...)
	if err != nil {
		return err
	}
	c.controlPlane = controlPlane
	c.Name, c.Location, c.Endpoint = controlPlane.Name, controlPlane.Location, controlPlane.Endpoint
	c.CertificateAuthority = controlPlane.MasterAuth.ClusterCaCertificate().Elem()
	c.WorkloadPool = scope.After(pulumi.String(workloadPool(c.args.Project)), controlPlane)
	c.Kubeconfig = pulumi.All(controlPlane.Name, controlPlane.Endpoint, c.CertificateAuthority).ApplyT(
		func(values []any) (string, error) {
			return kubeconfig(values[0].(string), values[1].(string), values[2].(string))
		}).(pulumi.StringOutput)
	return nil
}

func workloadPool(project string) string { return project + ".svc.id.goog" }

func nodeLocations(location environment.Location) pulumi.StringArrayInput {
	if len(location.Zones) < 2 {
		return nil
	}
	return pulumi.ToStringArray(location.Zones)
}

func maintenance(m environment.Maintenance) container.ClusterMaintenancePolicyPtrInput {
	start, end := m.First()
	return container.ClusterMaintenancePolicyArgs{RecurringWindow: container.ClusterMaintenancePolicyRecurringWindowArgs{
		StartTime:  pulumi.String(start.Format(time.RFC3339)),
		EndTime:    pulumi.String(end.Format(time.RFC3339)),
		Recurrence: pulumi.String(m.Recurrence()),
	}}
}

// connect sets the cluster's network and who can reach its control plane.
func (c *Cluster) connect(args *container.ClusterArgs) {
	args.Network = c.args.Network.ToStringOutput()
	args.Subnetwork = c.args.Subnet.ToStringOutput()
	args.NetworkingMode = pulumi.String("VPC_NATIVE") // CIS GKE 5.6.2
	args.IpAllocationPolicy = container.ClusterIpAllocationPolicyArgs{
		ClusterSecondaryRangeName:  pulumi.String(c.args.PodRange),
		ServicesSecondaryRangeName: pulumi.String(c.args.ServiceRange),
		StackType:                  pulumi.String("IPV4"),
	}
	args.DefaultMaxPodsPerNode = pulumi.Int(environment.PodsPerNode)
	args.DatapathProvider = pulumi.String("ADVANCED_DATAPATH") // CIS GKE 4.3.1
	args.EnableIntranodeVisibility = pulumi.Bool(true)         // CIS GKE 5.6.1
	args.PrivateClusterConfig = container.ClusterPrivateClusterConfigArgs{
		EnablePrivateNodes:       pulumi.Bool(true),                         // CIS GKE 5.6.5
		EnablePrivateEndpoint:    pulumi.Bool(c.args.Admin.PrivateEndpoint), // CIS GKE 5.6.4
		MasterIpv4CidrBlock:      pulumi.String(c.args.Addresses.ControlPlane.String()),
		MasterGlobalAccessConfig: container.ClusterPrivateClusterConfigMasterGlobalAccessConfigArgs{Enabled: pulumi.Bool(false)},
	}
	args.MasterAuthorizedNetworksConfig = container.ClusterMasterAuthorizedNetworksConfigArgs{ // CIS GKE 5.6.3
		CidrBlocks:                  authorizedNetworks(c.args.Admin),
		GcpPublicCidrsAccessEnabled: pulumi.Bool(false),
	}
	args.ServiceExternalIpsConfig = container.ClusterServiceExternalIpsConfigArgs{Enabled: pulumi.Bool(false)}
}

// authorizedNetworks are the admin ranges. With a private endpoint they are the private
// ranges only, since GKE refuses others.
func authorizedNetworks(admin environment.Admin) container.ClusterMasterAuthorizedNetworksConfigCidrBlockArrayInput {
	blocks := container.ClusterMasterAuthorizedNetworksConfigCidrBlockArray{}
	add := func(name string, prefixes []netip.Prefix) {
		for _, prefix := range prefixes {
			blocks = append(blocks, container.ClusterMasterAuthorizedNetworksConfigCidrBlockArgs{
				CidrBlock:   pulumi.String(prefix.String()),
				DisplayName: pulumi.String(name),
			})
		}
	}
	if !admin.PrivateEndpoint {
		add("admin", admin.CIDRs)
	}
	add("private admin", admin.PrivateCIDRs)
	if admin.Secret {
		return pulumi.ToSecret(blocks).(container.ClusterMasterAuthorizedNetworksConfigCidrBlockArrayOutput)
	}
	return blocks
}

// harden sets the properties that the CIS benchmark demands of the cluster.
func (c *Cluster) harden(args *container.ClusterArgs) {
	args.DatabaseEncryption = container.ClusterDatabaseEncryptionArgs{ // CIS GKE 5.3.1
		State:   pulumi.String("ENCRYPTED"),
		KeyName: c.args.SecretsKey.ToStringOutput(),
	}
	args.WorkloadIdentityConfig = container.ClusterWorkloadIdentityConfigArgs{WorkloadPool: pulumi.String(workloadPool(c.args.Project))} // CIS GKE 5.2.2
	args.BinaryAuthorization = container.ClusterBinaryAuthorizationArgs{                                                                 // CIS GKE 5.1.4
		// After the policy, so that the project's old policy, or none, never applies.
		EvaluationMode: scope.After(pulumi.String("PROJECT_SINGLETON_POLICY_ENFORCE"), c.policy),
	}
	args.MasterAuth = container.ClusterMasterAuthArgs{ // CIS GKE 5.8.1
		ClientCertificateConfig: container.ClusterMasterAuthClientCertificateConfigArgs{IssueClientCertificate: pulumi.Bool(false)},
	}
	args.EnableShieldedNodes = pulumi.Bool(true)                             // CIS GKE 5.5.5
	args.EnableLegacyAbac = pulumi.Bool(false)                               // CIS GKE 5.8.3
	args.EnableKubernetesAlpha = pulumi.Bool(false)                          // CIS GKE 5.10.2
	args.SecurityPostureConfig = container.ClusterSecurityPostureConfigArgs{ // CIS GKE 5.10.4
		Mode:              pulumi.String("BASIC"),
		VulnerabilityMode: pulumi.String("VULNERABILITY_DISABLED"), // withdrawn by Google in 2025 and 2026
	}
	args.AddonsConfig = container.ClusterAddonsConfigArgs{ // the driver encrypts volumes, CIS GKE 5.9.1
		GcePersistentDiskCsiDriverConfig: container.ClusterAddonsConfigGcePersistentDiskCsiDriverConfigArgs{Enabled: pulumi.Bool(true)},
	}
	if c.args.RBACGroup != "" {
		args.AuthenticatorGroupsConfig = container.ClusterAuthenticatorGroupsConfigArgs{SecurityGroup: pulumi.String(c.args.RBACGroup)} // CIS GKE 5.8.2
	}
}

// observe sends logs and metrics to Google Cloud: CIS GKE 5.7.1.
func (c *Cluster) observe(args *container.ClusterArgs) {
	args.LoggingConfig = container.ClusterLoggingConfigArgs{EnableComponents: pulumi.ToStringArray([]string{
		"SYSTEM_COMPONENTS", "WORKLOADS", "APISERVER", "CONTROLLER_MANAGER", "SCHEDULER",
	})}
	args.MonitoringConfig = container.ClusterMonitoringConfigArgs{
		EnableComponents: pulumi.ToStringArray([]string{
			"SYSTEM_COMPONENTS", "APISERVER", "CONTROLLER_MANAGER", "SCHEDULER",
		}),
		ManagedPrometheus: container.ClusterMonitoringConfigManagedPrometheusArgs{Enabled: pulumi.Bool(true)},
		AdvancedDatapathObservabilityConfigs: container.ClusterMonitoringConfigAdvancedDatapathObservabilityConfigArray{
			container.ClusterMonitoringConfigAdvancedDatapathObservabilityConfigArgs{EnableMetrics: pulumi.Bool(true), EnableRelay: pulumi.Bool(false)},
		},
	}
	args.CostManagementConfig = container.ClusterCostManagementConfigArgs{Enabled: pulumi.Bool(true)}
}
