package page

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/internal/rehearsal/googlecloud"
	"bastide/internal/rehearsal/report"
	"bastide/policies/controls"
)

func state(kind, name string, parent resource.URN, before ...resource.URN) apitype.ResourceV3 {
	t := tokens.Type(kind)
	return apitype.ResourceV3{
		URN: resource.NewURN("s", "p", "", t, name), Type: t, Custom: kind[0] != 'b', Parent: parent, Dependencies: before,
	}
}

// deployment is a stack of two components, the second of which contains a third, and a
// resource without a component.
func deployment() *apitype.DeploymentV3 {
	stack := state(stackType, "p-s", "")
	first := state("bastide:c:First", "first", stack.URN)
	key := state("gcp:kms:Key", "first-key", first.URN)
	second := state("bastide:c:Second", "second", stack.URN)
	inner := state("bastide:c:Inner", "second-inner", second.URN)
	return &apitype.DeploymentV3{Resources: []apitype.ResourceV3{
		stack, first, key, second, inner,
		state("gcp:kms:Key", "first-other", first.URN),
		state("kubernetes:core/v1:Secret", "second-secret", inner.URN, key.URN),
		state("random:index:Lock", "lock", stack.URN, second.URN),
	}}
}

func TestDrawPlacesBoxesBelowTheirDependencies(t *testing.T) {
	p := draw(deployment())
	require.Len(t, p.Boxes, 3)
	first, second, program := p.Boxes[0], p.Boxes[1], p.Boxes[2]
	assert.Equal(t, "first", first.Title)
	assert.Equal(t, "Key × 2", first.Chips[0].Text)
	assert.Equal(t, "first-key\nfirst-other", first.Chips[0].Names)
	require.Len(t, second.Nested, 1)
	assert.Equal(t, "inner", second.Nested[0].Title)
	assert.Equal(t, "1 resource · after first", second.Note)
	assert.Equal(t, rest, program.Title)
	assert.Less(t, first.Y+first.Height, second.Y)
	assert.Less(t, second.Y+second.Height, program.Y)
	assert.Len(t, p.Arrows, 2)
}

func TestRankTerminatesOnACycle(t *testing.T) {
	a, b := &box{Title: "a", needs: map[string]int{"b": 1}}, &box{Title: "b", needs: map[string]int{"a": 1}}
	rank([]*box{a, b})
	assert.NotEqual(t, a.level, b.level)
	assert.NotPanics(t, func() { arrows([]*box{a, b}) })
}

func TestHTMLLoadsNothingAndEscapesItsData(t *testing.T) {
	r := Report{
		Environment: `<script>alert(1)</script>`, Deployment: deployment(), Findings: controls.Evaluate(controls.Evidence{}),
		Timeline: report.Timeline{Makespan: 10, Operations: []googlecloud.Operation{{URN: deployment().Resources[2].URN, Start: 0, End: 10}}},
	}
	text, err := r.HTML()
	require.NoError(t, err)
	assert.NotRegexp(t, `<script|<link|<img|<iframe|https?://|@import|url\([^#]`, string(text))
	assert.Contains(t, string(text), "&lt;script&gt;")
	assert.NotContains(t, string(text), "ZgotmplZ")
}

func TestHTMLOfAnEmptyDeployment(t *testing.T) {
	_, err := Report{Deployment: &apitype.DeploymentV3{}}.HTML()
	assert.NoError(t, err)
}
