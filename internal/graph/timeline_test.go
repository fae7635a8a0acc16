package graph_test

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/environment/environmenttest"
	"bastide/internal/graph"
	"bastide/internal/rehearsal/googlecloud"
	"bastide/internal/rehearsal/report"
)

// A rehearsal waits for no call of the cloud; it computes when each would begin and end.
// Here each call does take time, on a clock that runs 100 times as fast.
func TestComputedMakespanMatchesMeasuredOne(t *testing.T) {
	program := graph.Deployment(environmenttest.File(t, filepath.Join(environmenttest.Root(t), "Pulumi.dev.yaml")))
	program.Scale = 100
	g, err := graph.Record(program)
	require.NoError(t, err)

	history := g.Cloud.History()
	first, last := math.Inf(1), 0.0
	for _, operation := range history {
		first, last = math.Min(first, operation.Start), math.Max(last, operation.End)
	}
	timeline := report.NewTimeline(history, state(g), googlecloud.CreationTime)
	assert.Greater(t, timeline.Makespan, 500.0)
	assert.InEpsilon(t, timeline.Makespan, last-first, 0.08)
}

// state is the part of the engine's state that holds dependencies.
func state(g *graph.Graph) *apitype.DeploymentV3 {
	d := &apitype.DeploymentV3{}
	urn := func(registered string) (all []resource.URN) {
		if found := g.At(registered); found != nil {
			all = append(all, graph.URN(found.Type, found.Name))
		}
		return all
	}
	for _, r := range g.Resources {
		kept := apitype.ResourceV3{URN: graph.URN(r.Type, r.Name)}
		for _, before := range append(r.Dependencies, r.Parent) {
			kept.Dependencies = append(kept.Dependencies, urn(before)...)
		}
		d.Resources = append(d.Resources, kept)
	}
	return d
}
