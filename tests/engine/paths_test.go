package engine_test

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// mostPaths is about a second of the engine's time.
const mostPaths = 3_000_000

// paths counts how many paths lead from a resource to what it depends on: so many
// steps does the engine take when its deletion fails, but for parents, which it
// visits once. Source: pulumi/pulumi, pkg/resource/graph, markAsDependency.
func paths(deployment *apitype.DeploymentV3, name string) (most float64) {
	states := map[resource.URN]apitype.ResourceV3{}
	for _, state := range deployment.Resources {
		states[state.URN] = state
	}
	known := map[resource.URN]float64{}
	var count func(resource.URN) float64
	count = func(urn resource.URN) float64 {
		if n, ok := known[urn]; ok {
			return n
		}
		state, total := states[urn], 1.0
		if at := strings.LastIndex(state.Provider, "::"); at >= 0 {
			total += count(resource.URN(state.Provider[:at]))
		}
		for _, needed := range state.Dependencies {
			total += count(needed)
		}
		for _, list := range state.PropertyDependencies {
			for _, needed := range list {
				total += count(needed)
			}
		}
		known[urn] = total
		return total
	}
	for urn := range states {
		if urn.Name() == name {
			most = max(most, count(urn))
		}
	}
	return most
}
