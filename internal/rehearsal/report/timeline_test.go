package report

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"

	"bastide/internal/rehearsal/googlecloud"
)

// seconds is how long each kind takes in these tests.
var seconds = map[string]float64{"api": 10, "network": 20, "account": 5, nodePool: 100, "other": 7}

func operation(name, kind string, start float64, needs ...resource.URN) googlecloud.Operation {
	return googlecloud.Operation{
		URN: resource.URN("urn:pulumi:s::p::" + kind + "::" + name), Type: kind, Action: "create",
		Start: start, End: start + seconds[kind], Needs: needs,
	}
}

// history is an API, a network and an account that need it, and a pool that
// needs the network; other needs nothing.
func history() (all []googlecloud.Operation, urn map[string]resource.URN) {
	api := operation("api", "api", 3)
	network := operation("network", "network", 13, api.URN)
	account := operation("account", "account", 13, api.URN)
	pool := operation("pool", nodePool, 40, network.URN)
	other := operation("other", "other", 3)
	return []googlecloud.Operation{network, pool, api, account, other}, map[string]resource.URN{
		"api": api.URN, "network": network.URN, "account": account.URN, "pool": pool.URN,
	}
}

func deployment(dependencies map[resource.URN][]resource.URN) *apitype.DeploymentV3 {
	d := &apitype.DeploymentV3{}
	for urn, before := range dependencies {
		d.Resources = append(d.Resources, apitype.ResourceV3{URN: urn, Dependencies: before})
	}
	return d
}

func typical(kind string) float64 { return seconds[kind] }

func TestCriticalPathFollowsTheCloudsRequirements(t *testing.T) {
	operations, urn := history()
	timeline := NewTimeline(operations, deployment(map[resource.URN][]resource.URN{
		urn["pool"]: {urn["network"]}, urn["network"]: {urn["api"]}, urn["account"]: {urn["api"]}, urn["api"]: nil,
	}), typical)

	assert.InDelta(t, 130, timeline.Critical, 0)
	assert.InDelta(t, 130, timeline.Makespan, 0)
	assert.InDelta(t, 1, timeline.Slack(), 0)
	starts := map[string]float64{}
	for _, operation := range timeline.Operations {
		starts[operation.URN.Name()] = operation.Start
	}
	assert.Equal(t, map[string]float64{"api": 0, "other": 0, "network": 10, "account": 10, "pool": 30}, starts)
	var path []string
	for _, operation := range timeline.Path {
		path = append(path, operation.URN.Name())
	}
	assert.Equal(t, []string{"api", "network", "pool"}, path)
	assert.Contains(t, timeline.String(), "pool")
}

func TestUnnecessaryDependencyIncreasesSlackButNotTheCriticalPath(t *testing.T) {
	operations, urn := history()
	timeline := NewTimeline(operations, deployment(map[resource.URN][]resource.URN{
		urn["pool"]: {urn["network"], urn["account"]}, urn["account"]: {urn["network"]}, urn["network"]: {urn["api"]}, urn["api"]: nil,
	}), typical)
	assert.InDelta(t, 130, timeline.Critical, 0)
	assert.InDelta(t, 135, timeline.Makespan, 0)
	assert.Greater(t, timeline.Slack(), 1.0)
}

// A child is registered after its parent, which may have waited for others; and the
// inputs of a provider are created before its resources.
func TestTimelineFollowsParentsAndProvidersToo(t *testing.T) {
	operations, urn := history()
	const component, provider = "urn:pulumi:s::p::part::part", "urn:pulumi:s::p::pulumi:providers:x::x"
	d := deployment(map[resource.URN][]resource.URN{component: {urn["network"]}, provider: {urn["account"]}, urn["network"]: nil})
	d.Resources = append(d.Resources,
		apitype.ResourceV3{URN: urn["pool"], Parent: component},
		apitype.ResourceV3{URN: urn["api"], Provider: provider + "::id"},
	)
	timeline := NewTimeline(operations, d, typical)
	ends := map[string]float64{}
	for _, operation := range timeline.Operations {
		ends[operation.URN.Name()] = operation.End
	}
	assert.InDelta(t, 120, ends["pool"], 0)
	assert.InDelta(t, 15, ends["api"], 0)
}

func TestTimelineWithoutOperationsIsEmpty(t *testing.T) {
	timeline := NewTimeline(nil, deployment(nil), typical)
	assert.Zero(t, timeline.Makespan)
	assert.InDelta(t, 1, timeline.Slack(), 0)
	assert.Empty(t, timeline.String())
}
