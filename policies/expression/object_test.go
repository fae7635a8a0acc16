package expression

import (
	"testing"

	"github.com/google/cel-go/common/types"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A pod template that is not known yet makes pods of which nothing is known, not
// pods that are empty and therefore good.
func TestAnUnknownTemplateMakesUnknownPods(t *testing.T) {
	objects := Objects("kubernetes:apps/v1:Deployment", property.NewMap(map[string]property.Value{
		"metadata": property.New(map[string]property.Value{"namespace": property.New("shop")}),
		"spec":     property.New(map[string]property.Value{"template": property.New(property.Computed)}),
	}))
	require.Len(t, objects, 2)
	assert.IsType(t, &types.Unknown{}, objects[1].Content["spec"])
	assert.Equal(t, "shop", objects[1].namespace())
}
