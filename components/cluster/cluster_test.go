package cluster_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/environment/environmenttest"
	"bastide/tests/graph"
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

// The pool that GKE makes with the cluster lives for minutes, but in the same
// network and with the same keys.
func TestTheShortLivedPoolIsAsHardenedAsTheOthers(t *testing.T) {
	g := graph.Of(t, environmenttest.Small(t).Set("bastide:privilegedPool", true))
	assert.Equal(t, nodeConfig(t, g, "cluster-general"), nodeConfig(t, g, "cluster-control-plane"))

	privileged := nodeConfig(t, g, "cluster-privileged")
	general := maps.Clone(nodeConfig(t, g, "cluster-general"))
	for _, differs := range []string{"taints", "labels", "serviceAccount", "diskSizeGb"} {
		delete(privileged, differs)
		delete(general, differs)
	}
	assert.Equal(t, general, privileged, "and so is the privileged one")
}

func TestEachPoolHasItsOwnAccount(t *testing.T) {
	g := graph.Of(t, environmenttest.Small(t).Set("bastide:privilegedPool", true))
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

// Tuning the size of a pool must never replace it.
func TestSizesDoNotReplacePools(t *testing.T) {
	small := graph.Of(t, environmenttest.Small(t))
	large := graph.Of(t, environmenttest.Small(t).Set("bastide:generalMinNodes", 4))
	assert.Equal(t, small.Find("cluster-general").Plain()["initialNodeCount"], large.Find("cluster-general").Plain()["initialNodeCount"])
}

func TestTheRemovedPoolDoesNotReplaceTheCluster(t *testing.T) {
	g := graph.Of(t, environmenttest.Small(t))
	assert.Equal(t, []string{"nodeConfig"}, g.Find("cluster-control-plane").IgnoreChanges)
}

func TestPreviewOfAFreshProject(t *testing.T) {
	program := graph.Deployment(environmenttest.Small(t))
	program.Preview = true
	g, err := graph.Record(program)
	require.NoError(t, err)
	assert.Len(t, g.Of(aPool), 1)
}

func TestEncryptedAdminRangesAreMasked(t *testing.T) {
	settings := environmenttest.Small(t)
	settings.Secrets = []string{"bastide:adminCidrs"}
	networks := graph.Of(t, settings).Find("cluster-control-plane").Plain()["masterAuthorizedNetworksConfig"].(map[string]any)
	assert.Equal(t, "[secret]", networks["cidrBlocks"])
}
