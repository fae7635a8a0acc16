package network_test

import (
	"testing"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/components/network"
	"bastide/components/project"
	"bastide/environment"
	"bastide/environment/environmenttest"
	"bastide/internal/graph"
)

func program(environments ...*environment.Environment) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		cloud, err := gcp.NewProvider(ctx, "elsewhere", &gcp.ProviderArgs{})
		if err != nil {
			return err
		}
		projectServices, err := project.New(ctx, "project", project.Args{ID: "acme-project"})
		if err != nil {
			return err
		}
		for _, e := range environments {
			if _, err := network.New(ctx, "network-"+e.Name, network.Args{
				Names: e.Names, Region: e.Location.Region, Addresses: e.Addresses, Admin: e.Admin,
				Labels: e.Labels, Project: projectServices.With(project.Compute), DNSProject: projectServices.With(project.DNS),
			}, pulumi.Provider(cloud)); err != nil {
				return err
			}
		}
		return nil
	}
}

func record(t *testing.T, preview bool, environments ...*environment.Environment) *graph.Graph {
	t.Helper()
	g, err := graph.Record(graph.Program{
		Run: program(environments...), Project: "test", Stack: "test", Preview: preview,
		GoogleProject: "acme-project", Region: "europe-west1",
	})
	require.NoError(t, err)
	return g
}

func TestTwoInstancesUseTheGivenProvider(t *testing.T) {
	one, two := environmenttest.Small(t), environmenttest.Small(t)
	one.Environment, two.Environment = "one", "two"
	for _, preview := range []bool{false, true} {
		g := record(t, preview, one.Load(t), two.Load(t))
		assert.Len(t, g.Of("gcp:compute/network:Network"), 2)
		for _, r := range g.Of("gcp:compute/firewall:Firewall") {
			assert.Contains(t, r.Provider, "::elsewhere::", r.Name)
			assert.Contains(t, r.Parent, network.Type, r.Name)
		}
	}
}

// Exactly two firewall rules, so that no third one can allow more.
func TestOnlySSHFromAdminRangesIsAllowedIn(t *testing.T) {
	settings := environmenttest.Small(t).Set("bastide:privateAdminCidrs", []any{"192.168.10.0/24"})
	for _, secrets := range [][]string{nil, {"bastide:adminCidrs"}, {"bastide:privateAdminCidrs"}} {
		settings.Secrets = secrets
		g := record(t, false, settings.Load(t))
		require.Len(t, g.Of("gcp:compute/firewall:Firewall"), 2)

		admin := g.Find("network-dev-admin-ssh").Bare()
		assert.Equal(t, []any{"203.0.113.7/32", "192.168.10.0/24"}, admin["sourceRanges"])
		assert.Equal(t, []any{map[string]any{"protocol": "tcp", "ports": []any{"22"}}}, admin["allows"])
		assert.Equal(t, []any{"bastide-dev-node"}, admin["targetTags"])

		deny := g.Find("network-dev-deny-ingress").Bare()
		assert.Equal(t, []any{map[string]any{"protocol": "all"}}, deny["denies"])
		assert.Equal(t, []any{"0.0.0.0/0"}, deny["sourceRanges"])
		for _, rule := range []map[string]any{admin, deny} {
			assert.NotEqual(t, true, rule["disabled"])
		}
	}
}

func TestTheNATCoversNodesAndPods(t *testing.T) {
	g := record(t, false, environmenttest.Small(t).Load(t))
	subnets := g.Find("network-dev-nat").Plain()["subnetworks"].([]any)
	require.Len(t, subnets, 1)
	assert.Equal(t, []any{"ALL_IP_RANGES"}, subnets[0].(map[string]any)["sourceIpRangesToNats"], "pods, not only nodes")
}

// If the second is omitted, its default may be true, and the API refuses both together.
func TestDynamicPortsWithoutEndpointIndependentMapping(t *testing.T) {
	nat := record(t, false, environmenttest.Small(t).Load(t)).Find("network-dev-nat").Plain()
	assert.Equal(t, true, nat["enableDynamicPortAllocation"])
	assert.Equal(t, false, nat["enableEndpointIndependentMapping"])
}

func TestTheVPCHasOneSubnet(t *testing.T) {
	g := record(t, false, environmenttest.Small(t).Load(t))
	assert.Equal(t, false, g.Find("network-dev-vpc").Plain()["autoCreateSubnetworks"])
	assert.Len(t, g.Of("gcp:compute/subnetwork:Subnetwork"), 1)
}

func TestEncryptedAdminRangesAreMasked(t *testing.T) {
	for _, key := range []string{"bastide:adminCidrs", "bastide:privateAdminCidrs"} {
		settings := environmenttest.Small(t).Set("bastide:privateAdminCidrs", []any{"192.168.10.0/24"})
		settings.Secrets = []string{key}
		g := record(t, false, settings.Load(t))

		assert.Equal(t, "[secret]", g.Find("network-dev-admin-ssh").Plain()["sourceRanges"], key)
		for _, r := range g.Resources {
			if r.Type == network.Type {
				assert.Equal(t, "[secret]", r.Plain()["adminCidrs"], "the component's own inputs")
			}
		}
	}
}
