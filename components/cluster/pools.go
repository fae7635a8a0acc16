package cluster

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/artifactregistry"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/container"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/projects"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/serviceaccount"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/scope"
	"bastide/environment"
)

const (
	// For logging and monitoring only. Source: GKE, "Configure GKE node service
	// accounts".
	nodeRole = "roles/container.defaultNodeServiceAccount"
	// For pulling images, granted on the environment's own registry only. CIS GKE 5.1.3.
	readerRole = "roles/artifactregistry.reader"
)

var accountNames = map[string]environment.Name{
	environment.General: environment.GeneralAccount,
	environment.Build:   environment.BuildAccount,
}

// account is the email address of a node pool's service account, known once it has been
// granted roles.
type account struct {
	// withNodeRole is known once the node role is granted. That is enough for the
	// cluster's default pool, which pulls none of our images, so that the cluster need
	// not wait for the registry.
	withNodeRole pulumi.StringOutput
	// withRegistry is known once reading the registry is granted, too.
	withRegistry pulumi.StringOutput
}

// createAccounts creates a service account for each pool: CIS GKE 5.2.1.
func (c *Cluster) createAccounts(s scope.Scope) error {
	for _, pool := range c.args.pools() {
		nodeAccount, err := serviceaccount.NewAccount(s.Context(), s.Name(pool.role+"-account"), &serviceaccount.AccountArgs{
			Project:     c.args.Projects.IAM.ToStringOutput(),
			AccountId:   c.name(accountNames[pool.role]),
			DisplayName: pulumi.Sprintf("GKE nodes, %s pool of %s", pool.role, c.args.Title),
		}, s.Child()...)
		if err != nil {
			return err
		}
		node, err := projects.NewIAMMember(s.Context(), s.Name(pool.role+"-node-role"), &projects.IAMMemberArgs{
			Project: c.args.Projects.ResourceManager,
			Role:    pulumi.String(nodeRole),
			Member:  nodeAccount.Member,
		}, s.Child()...)
		if err != nil {
			return err
		}
		reader, err := artifactregistry.NewRepositoryIamMember(s.Context(), s.Name(pool.role+"-registry-role"), &artifactregistry.RepositoryIamMemberArgs{
			Project:    c.registry.Project,
			Location:   c.registry.Location,
			Repository: c.registry.RepositoryId,
			Role:       pulumi.String(readerRole),
			Member:     nodeAccount.Member,
		}, s.Child()...)
		if err != nil {
			return err
		}
		c.accounts[pool.role] = account{withNodeRole: scope.After(nodeAccount.Email, node), withRegistry: scope.After(nodeAccount.Email, node, reader)}
	}
	return nil
}

// createPools creates the node pools. They have no fixed names, so that a replacement is
// created before the old pool is deleted.
func (c *Cluster) createPools(s scope.Scope) error {
	for _, pool := range c.args.pools() {
		_, err := container.NewNodePool(s.Context(), s.Name(pool.role), &container.NodePoolArgs{
			Project:          c.controlPlane.Project,
			Cluster:          c.controlPlane.ID().ToStringOutput(),
			Location:         c.controlPlane.Location,
			InitialNodeCount: pulumi.Int(initialNodes(pool)),
			Autoscaling: container.NodePoolAutoscalingArgs{
				TotalMinNodeCount: pulumi.Int(pool.MinNodes),
				TotalMaxNodeCount: pulumi.Int(pool.MaxNodes),
				LocationPolicy:    pulumi.String(locationPolicy(pool)),
			},
			Management: container.NodePoolManagementArgs{
				AutoRepair:  pulumi.Bool(true), // CIS GKE 5.5.2
				AutoUpgrade: pulumi.Bool(true), // CIS GKE 5.5.3
			},
			UpgradeSettings: container.NodePoolUpgradeSettingsArgs{
				Strategy:       pulumi.String("SURGE"),
				MaxSurge:       pulumi.Int(environment.Surge),
				MaxUnavailable: pulumi.Int(0),
			},
			MaxPodsPerNode: pulumi.Int(environment.PodsPerNode),
			NetworkConfig:  container.NodePoolNetworkConfigArgs{EnablePrivateNodes: pulumi.Bool(true)}, // CIS GKE 5.6.5
			NodeConfig:     c.nodes(pool.Pool, c.accounts[pool.role].withRegistry),
		}, s.Child()...)
		if err != nil {
			return err
		}
	}
	return nil
}

// initialNodes is the initial number of nodes in each zone. A change of it replaces the
// pool, so it depends on the pool's role and not on a setting.
func initialNodes(pool rolePool) int {
	if pool.role == environment.Build {
		return 0
	}
	return 1
}

// locationPolicy takes Spot nodes from whichever zone has capacity.
func locationPolicy(pool rolePool) string {
	if pool.Spot {
		return "ANY"
	}
	return "BALANCED"
}
