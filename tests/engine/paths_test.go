package engine_test

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// mostPaths is the number of paths that take the engine about a second.
const mostPaths = 3_000_000

// paths counts the paths from a resource to its direct and transitive dependencies. The
// engine takes that many steps when the resource's deletion fails, except that it visits
// parents once. Source: pulumi/pulumi, pkg/resource/graph, markAsDependency.
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
