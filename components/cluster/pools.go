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
	// Logging, monitoring and nothing else. Source: GKE, "Configure GKE node
	// service accounts".
	nodeRole = "roles/container.defaultNodeServiceAccount"
	// Pulling images, and on the environment's own repository only. CIS GKE 5.1.3.
	readerRole = "roles/artifactregistry.reader"
)

var accountNames = map[string]environment.Name{
	environment.General: environment.GeneralAccount,
	environment.Build:   environment.BuildAccount,
}

// account is the address of a pool's service account, known once it may do what
// nodes need.
type account struct {
	// logging: the node role. It suffices for the pool that GKE makes with the
	// cluster, which runs no images of ours; so the cluster waits for no registry.
	logging pulumi.StringOutput
	// pulling: that, and reading the registry.
	pulling pulumi.StringOutput
}

// createAccounts gives each pool a service account of its own: CIS GKE 5.2.1.
func (c *Cluster) createAccounts(s scope.Scope) error {
	for _, pool := range c.args.pools() {
		made, err := serviceaccount.NewAccount(s.Context(), s.Name(pool.role+"-account"), &serviceaccount.AccountArgs{
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
			Member:  made.Member,
		}, s.Child()...)
		if err != nil {
			return err
		}
		reader, err := artifactregistry.NewRepositoryIamMember(s.Context(), s.Name(pool.role+"-registry-role"), &artifactregistry.RepositoryIamMemberArgs{
			Project:    c.registry.Project,
			Location:   c.registry.Location,
			Repository: c.registry.RepositoryId,
			Role:       pulumi.String(readerRole),
			Member:     made.Member,
		}, s.Child()...)
		if err != nil {
			return err
		}
		c.accounts[pool.role] = account{logging: scope.After(made.Email, node), pulling: scope.After(made.Email, node, reader)}
	}
	return nil
}

// createPools makes the node pools. They have no fixed name, so that a change
// that replaces one makes the new before it takes the old away.
func (c *Cluster) createPools(s scope.Scope) error {
	for _, pool := range c.args.pools() {
		_, err := container.NewNodePool(s.Context(), s.Name(pool.role), &container.NodePoolArgs{
			Project:          c.controller.Project,
			Cluster:          c.controller.ID().ToStringOutput(),
			Location:         c.controller.Location,
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
			NodeConfig:     c.nodes(pool.Pool, c.accounts[pool.role].pulling),
		}, s.Child()...)
		if err != nil {
			return err
		}
	}
	return nil
}

// initialNodes is per zone, and changing it replaces the pool: so it follows
// from what the pool is, never from a number that people tune.
func initialNodes(pool rolePool) int {
	if pool.role == environment.Build {
		return 0
	}
	return 1
}

// locationPolicy takes Spot nodes wherever there are any.
func locationPolicy(pool rolePool) string {
	if pool.Spot {
		return "ANY"
	}
	return "BALANCED"
}
