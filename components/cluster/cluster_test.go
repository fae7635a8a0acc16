package cluster_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/environment/environmenttest"
	"bastide/internal/graph"
)

const aPool = "gcp:container/nodePool:NodePool"

func nodeConfig(t *testing.T, g *graph.Graph, name string) map[string]any {
	t.Helper()
	r := g.Find(name)
	require.NotNil(t, r, name)
	config, ok := r.Plain()["nodeConfig"].(map[string]any)
	require.True(t, ok, name)
	return config
}

// The default pool that GKE creates with the cluster exists for minutes, but in the same
// network and with the same keys.
func TestAllNodePoolsAreEquallyHardenedIncludingTheDefaultPool(t *testing.T) {
	g := graph.Of(t, environmenttest.Small(t).Set("bastide:ci", "privileged"))
	assert.Equal(t, nodeConfig(t, g, "cluster-general"), nodeConfig(t, g, "cluster-control-plane"))

	builds := nodeConfig(t, g, "cluster-ci")
	general := maps.Clone(nodeConfig(t, g, "cluster-general"))
	for _, differs := range []string{"taints", "labels", "serviceAccount", "diskSizeGb"} {
		delete(builds, differs)
		delete(general, differs)
	}
	assert.Equal(t, general, builds, "the build pool")
}

func TestEachPoolHasItsOwnAccount(t *testing.T) {
	g := graph.Of(t, environmenttest.Small(t).Set("bastide:ci", "privileged"))
	accounts := map[any]bool{}
	for _, pool := range g.Of(aPool) {
		accounts[nodeConfig(t, g, pool.Name)["serviceAccount"]] = true
	}
	assert.Len(t, accounts, 2)
	for _, r := range g.Of("gcp:projects/iAMMember:IAMMember") {
		assert.Equal(t, "roles/container.defaultNodeServiceAccount", r.Plain()["role"], r.Name)
	}
	for _, r := range g.Of("gcp:artifactregistry/repositoryIamMember:RepositoryIamMember") {
		assert.Equal(t, "roles/artifactregistry.reader", r.Plain()["role"], r.Name)
	}
}

func TestChangingPoolSizesDoesNotReplacePools(t *testing.T) {
	small := graph.Of(t, environmenttest.Small(t))
	large := graph.Of(t, environmenttest.Small(t).Set("bastide:generalMinNodes", 4))
	assert.Equal(t, small.Find("cluster-general").Plain()["initialNodeCount"], large.Find("cluster-general").Plain()["initialNodeCount"])
}

func TestTheRemovedDefaultPoolDoesNotReplaceTheCluster(t *testing.T) {
	g := graph.Of(t, environmenttest.Small(t))
	assert.Equal(t, []string{"nodeConfig"}, g.Find("cluster-control-plane").IgnoreChanges)
}

func TestPreviewsBothPoolsInANewProject(t *testing.T) {
	program := graph.Deployment(environmenttest.Small(t))
	program.Preview = true
	g, err := graph.Record(program)
	require.NoError(t, err)
	assert.Len(t, g.Of(aPool), 2)
}

// dependencies are the names of the resources that a resource depends on.
func dependencies(t *testing.T, g *graph.Graph, name string) (names []string) {
	t.Helper()
	r := g.Find(name)
	require.NotNil(t, r, name)
	for _, urn := range r.Dependencies {
		names = append(names, urn[strings.LastIndex(urn, ":")+1:])
	}
	return names
}

// Without it, the cluster would run images under the project's old policy, or during a
// destroy under none.
func TestTheClusterDependsOnItsImagePolicy(t *testing.T) {
	g := graph.Of(t, environmenttest.Small(t))
	assert.Contains(t, dependencies(t, g, "cluster-control-plane"), "cluster-image-policy")
}

func TestNodePoolsWaitForTheRolesOfTheirAccounts(t *testing.T) {
	g := graph.Of(t, environmenttest.Small(t).Set("bastide:ci", "privileged"))
	assert.Subset(t, dependencies(t, g, "cluster-general"), []string{"cluster-general-node-role", "cluster-general-registry-role"})
	assert.Subset(t, dependencies(t, g, "cluster-ci"), []string{"cluster-ci-node-role", "cluster-ci-registry-role"})

	// The cluster's default pool exists for minutes and pulls none of our images.
	controlPlane := dependencies(t, g, "cluster-control-plane")
	assert.Contains(t, controlPlane, "cluster-general-node-role")
	assert.NotContains(t, controlPlane, "cluster-general-registry-role")
}

func TestControlPlaneRegistryAndSubnetAreProtected(t *testing.T) {
	for _, protected := range []bool{true, false} {
		g := graph.Of(t, environmenttest.Small(t).Set("bastide:deletionProtection", protected))
		for _, name := range []string{"cluster-control-plane", "cluster-registry", "network-subnet"} {
			assert.Equal(t, protected, g.Find(name).Protect, name)
		}
		assert.False(t, g.Find("cluster-general").Protect, "replacing a pool is routine")
	}
}

// The exact list, so that no other range can be on it.
func TestOnlyAdminRangesReachTheControlPlane(t *testing.T) {
	block := func(cidr, name string) map[string]any { return map[string]any{"cidrBlock": cidr, "displayName": name} }
	settings := environmenttest.Small(t).
		Set("bastide:adminCidrs", []any{"203.0.113.7/32", "198.51.100.0/28"}).Set("bastide:privateAdminCidrs", []any{"192.168.10.0/24"})
	public := []any{block("203.0.113.7/32", "admin"), block("198.51.100.0/28", "admin")}
	private := []any{block("192.168.10.0/24", "private admin")}
	for endpoint, want := range map[bool][]any{false: append(public, private...), true: private} {
		settings.Set("bastide:privateEndpoint", endpoint)
		for _, secrets := range [][]string{nil, {"bastide:adminCidrs"}, {"bastide:privateAdminCidrs"}} {
			settings.Secrets = secrets
			networks := graph.Of(t, settings).Find("cluster-control-plane").Bare()["masterAuthorizedNetworksConfig"].(map[string]any)
			assert.Equal(t, want, networks["cidrBlocks"])
		}
	}
}

func TestControlPlaneHasItsWorkloadPoolAndNoDefaultPoolOrGlobalAccess(t *testing.T) {
	controlPlane := graph.Of(t, environmenttest.Small(t)).Find("cluster-control-plane").Plain()
	assert.Equal(t, map[string]any{"workloadPool": "bastide-test.svc.id.goog"}, controlPlane["workloadIdentityConfig"])
	assert.Equal(t, true, controlPlane["removeDefaultNodePool"], "the default pool has no upgrades or autoscaling limits")
	private := controlPlane["privateClusterConfig"].(map[string]any)
	assert.Equal(t, map[string]any{"enabled": false}, private["masterGlobalAccessConfig"], "reached from other regions")
}

func TestNodesCarryTheTagOfTheFirewallRule(t *testing.T) {
	g := graph.Of(t, environmenttest.Small(t).Set("bastide:ci", "privileged"))
	tags := g.Find("network-admin-ssh").Plain()["targetTags"]
	require.Len(t, tags, 1)
	for _, name := range []string{"cluster-control-plane", "cluster-general", "cluster-ci"} {
		assert.Equal(t, tags, nodeConfig(t, g, name)["tags"], name)
	}
}

func TestImagePolicyAllowsOnlyOwnAndConfiguredImages(t *testing.T) {
	pattern := func(name string) map[string]any { return map[string]any{"namePattern": name} }
	settings := environmenttest.Small(t).Set("bastide:trustedImages", []any{"ghcr.io/team/*", "docker.io/library/redis"})
	e, g := settings.Load(t), graph.Of(t, settings)
	assert.Equal(t, []any{
		pattern("europe-west1-docker.pkg.dev/bastide-test/bastide-dev-images/**"), pattern(e.OpenBao.Image.String()), pattern(e.OpenBao.UploadImage.String()), pattern("ghcr.io/team/*"),
		pattern("docker.io/library/redis"), pattern("docker.io/library/redis:*"), pattern("docker.io/library/redis@*"),
	}, g.Find("cluster-image-policy").Plain()["admissionWhitelistPatterns"])
}

func TestEncryptedAdminRangesAreMasked(t *testing.T) {
	settings := environmenttest.Small(t)
	settings.Secrets = []string{"bastide:adminCidrs"}
	networks := graph.Of(t, settings).Find("cluster-control-plane").Plain()["masterAuthorizedNetworksConfig"].(map[string]any)
	assert.Equal(t, "[secret]", networks["cidrBlocks"])

	settings = environmenttest.Small(t).Set("bastide:privateAdminCidrs", []any{"192.168.10.0/24"})
	settings.Secrets = []string{"bastide:privateAdminCidrs"}
	networks = graph.Of(t, settings).Find("cluster-control-plane").Plain()["masterAuthorizedNetworksConfig"].(map[string]any)
	assert.Equal(t, "[secret]", networks["cidrBlocks"])
}
