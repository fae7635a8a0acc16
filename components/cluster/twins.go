package cluster

import (
	"fmt"
	"reflect"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/container"
)

// twins are the SDK's types for the nodes of a node pool, each with the type of the same
// fields for a cluster's default pool. A test sets every field of the former, and looks for
// each in the latter.
var twins = [][2]any{
	{container.NodePoolNodeConfigAdvancedMachineFeaturesArgs{}, container.ClusterNodeConfigAdvancedMachineFeaturesArgs{}},
	{container.NodePoolNodeConfigArgs{}, container.ClusterNodeConfigArgs{}},
	{container.NodePoolNodeConfigConfidentialNodesArgs{}, container.ClusterNodeConfigConfidentialNodesArgs{}},
	{container.NodePoolNodeConfigContainerdConfigArgs{}, container.ClusterNodeConfigContainerdConfigArgs{}},
	{container.NodePoolNodeConfigContainerdConfigPrivateRegistryAccessConfigArgs{}, container.ClusterNodeConfigContainerdConfigPrivateRegistryAccessConfigArgs{}},
	{container.NodePoolNodeConfigContainerdConfigPrivateRegistryAccessConfigCertificateAuthorityDomainConfigArgs{}, container.ClusterNodeConfigContainerdConfigPrivateRegistryAccessConfigCertificateAuthorityDomainConfigArgs{}},
	{container.NodePoolNodeConfigContainerdConfigPrivateRegistryAccessConfigCertificateAuthorityDomainConfigArray{}, container.ClusterNodeConfigContainerdConfigPrivateRegistryAccessConfigCertificateAuthorityDomainConfigArray{}},
	{container.NodePoolNodeConfigContainerdConfigPrivateRegistryAccessConfigCertificateAuthorityDomainConfigGcpSecretManagerCertificateConfigArgs{}, container.ClusterNodeConfigContainerdConfigPrivateRegistryAccessConfigCertificateAuthorityDomainConfigGcpSecretManagerCertificateConfigArgs{}},
	{container.NodePoolNodeConfigEffectiveTaintArgs{}, container.ClusterNodeConfigEffectiveTaintArgs{}},
	{container.NodePoolNodeConfigEffectiveTaintArray{}, container.ClusterNodeConfigEffectiveTaintArray{}},
	{container.NodePoolNodeConfigEphemeralStorageConfigArgs{}, container.ClusterNodeConfigEphemeralStorageConfigArgs{}},
	{container.NodePoolNodeConfigEphemeralStorageLocalSsdConfigArgs{}, container.ClusterNodeConfigEphemeralStorageLocalSsdConfigArgs{}},
	{container.NodePoolNodeConfigFastSocketArgs{}, container.ClusterNodeConfigFastSocketArgs{}},
	{container.NodePoolNodeConfigGcfsConfigArgs{}, container.ClusterNodeConfigGcfsConfigArgs{}},
	{container.NodePoolNodeConfigGuestAcceleratorArgs{}, container.ClusterNodeConfigGuestAcceleratorArgs{}},
	{container.NodePoolNodeConfigGuestAcceleratorArray{}, container.ClusterNodeConfigGuestAcceleratorArray{}},
	{container.NodePoolNodeConfigGuestAcceleratorGpuDriverInstallationConfigArgs{}, container.ClusterNodeConfigGuestAcceleratorGpuDriverInstallationConfigArgs{}},
	{container.NodePoolNodeConfigGuestAcceleratorGpuSharingConfigArgs{}, container.ClusterNodeConfigGuestAcceleratorGpuSharingConfigArgs{}},
	{container.NodePoolNodeConfigGvnicArgs{}, container.ClusterNodeConfigGvnicArgs{}},
	{container.NodePoolNodeConfigHostMaintenancePolicyArgs{}, container.ClusterNodeConfigHostMaintenancePolicyArgs{}},
	{container.NodePoolNodeConfigKubeletConfigArgs{}, container.ClusterNodeConfigKubeletConfigArgs{}},
	{container.NodePoolNodeConfigLinuxNodeConfigArgs{}, container.ClusterNodeConfigLinuxNodeConfigArgs{}},
	{container.NodePoolNodeConfigLocalNvmeSsdBlockConfigArgs{}, container.ClusterNodeConfigLocalNvmeSsdBlockConfigArgs{}},
	{container.NodePoolNodeConfigReservationAffinityArgs{}, container.ClusterNodeConfigReservationAffinityArgs{}},
	{container.NodePoolNodeConfigSandboxConfigArgs{}, container.ClusterNodeConfigSandboxConfigArgs{}},
	{container.NodePoolNodeConfigSecondaryBootDiskArgs{}, container.ClusterNodeConfigSecondaryBootDiskArgs{}},
	{container.NodePoolNodeConfigSecondaryBootDiskArray{}, container.ClusterNodeConfigSecondaryBootDiskArray{}},
	{container.NodePoolNodeConfigShieldedInstanceConfigArgs{}, container.ClusterNodeConfigShieldedInstanceConfigArgs{}},
	{container.NodePoolNodeConfigSoleTenantConfigArgs{}, container.ClusterNodeConfigSoleTenantConfigArgs{}},
	{container.NodePoolNodeConfigSoleTenantConfigNodeAffinityArgs{}, container.ClusterNodeConfigSoleTenantConfigNodeAffinityArgs{}},
	{container.NodePoolNodeConfigSoleTenantConfigNodeAffinityArray{}, container.ClusterNodeConfigSoleTenantConfigNodeAffinityArray{}},
	{container.NodePoolNodeConfigTaintArgs{}, container.ClusterNodeConfigTaintArgs{}},
	{container.NodePoolNodeConfigTaintArray{}, container.ClusterNodeConfigTaintArray{}},
	{container.NodePoolNodeConfigWorkloadMetadataConfigArgs{}, container.ClusterNodeConfigWorkloadMetadataConfigArgs{}},
}

var twinOf = func() map[reflect.Type]reflect.Type {
	types := map[reflect.Type]reflect.Type{}
	for _, pair := range twins {
		types[reflect.TypeOf(pair[0])] = reflect.TypeOf(pair[1])
	}
	return types
}()

// forCluster converts the configuration of a pool's nodes to that of the nodes in a
// cluster's default pool.
func forCluster(nodes container.NodePoolNodeConfigArgs) (args container.ClusterNodeConfigArgs, err error) {
	err = convert(reflect.ValueOf(nodes), reflect.ValueOf(&args).Elem())
	return args, err
}

// convert sets a value to another one, converted to its twin type if it has one.
func convert(from, to reflect.Value) error {
	if from.Kind() == reflect.Interface {
		from = from.Elem()
	}
	if !from.IsValid() {
		return nil // the field is not set
	}
	twin, differs := twinOf[from.Type()]
	if !differs {
		twin = from.Type()
	}
	if !twin.AssignableTo(to.Type()) {
		return fmt.Errorf("%s can't be converted to %s; add the pair of types to twins in components/cluster/twins.go", from.Type(), to.Type())
	}
	if !differs {
		to.Set(from)
		return nil
	}
	converted, err := rebuild(from, twin)
	if err == nil {
		to.Set(converted)
	}
	return err
}

// rebuild converts a struct or a list to its twin type.
func rebuild(from reflect.Value, twin reflect.Type) (converted reflect.Value, err error) {
	if from.Kind() == reflect.Slice {
		converted = reflect.MakeSlice(twin, from.Len(), from.Len())
		for i := range from.Len() {
			if err := convert(from.Index(i), converted.Index(i)); err != nil {
				return converted, err
			}
		}
		return converted, nil
	}
	converted = reflect.New(twin).Elem()
	for i := range from.NumField() {
		name := from.Type().Field(i).Name
		field := converted.FieldByName(name)
		if !field.IsValid() {
			return converted, fmt.Errorf("%s has no field %s", twin, name)
		}
		if err := convert(from.Field(i), field); err != nil {
			return converted, fmt.Errorf("%s: %w", name, err)
		}
	}
	return converted, nil
}
