package expression

import (
	"testing"

	"github.com/google/cel-go/common/types"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An empty pod would pass rules.
func TestUnknownTemplateResultsInUnknownPod(t *testing.T) {
	objects := Objects("kubernetes:apps/v1:Deployment", property.NewMap(map[string]property.Value{
		"metadata": property.New(map[string]property.Value{"namespace": property.New("shop")}),
		"spec":     property.New(map[string]property.Value{"template": property.New(property.Computed)}),
	}))
	require.Len(t, objects, 2)
	assert.IsType(t, &types.Unknown{}, objects[1].Content["spec"])
	assert.Equal(t, "shop", objects[1].namespace())
}
