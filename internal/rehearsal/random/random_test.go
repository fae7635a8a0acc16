package random

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRandomStringHasTheLengthAndAlphabetsOfItsInputs(t *testing.T) {
	inputs := resource.NewPropertyMapFromMap(map[string]any{"length": 12, "upper": false, "special": false})
	seen := map[string]bool{}
	for range 20 {
		created, err := New().Create(t.Context(), plugin.CreateRequest{Type: randomString, Properties: inputs})
		require.NoError(t, err)
		result := created.Properties["result"].StringValue()
		assert.Regexp(t, `^[a-z0-9]{12}$`, result)
		assert.False(t, seen[result])
		seen[result] = true
	}
	preview, err := New().Create(t.Context(), plugin.CreateRequest{Type: randomString, Properties: inputs, Preview: true})
	require.NoError(t, err)
	assert.True(t, preview.Properties["result"].IsComputed())
}

func TestRandomPasswordDoesNotUseItsResultAsID(t *testing.T) {
	created, err := New().Create(t.Context(), plugin.CreateRequest{
		Type: randomPassword, Properties: resource.NewPropertyMapFromMap(map[string]any{"length": 32, "special": false}),
	})
	require.NoError(t, err)
	assert.Equal(t, resource.ID("none"), created.ID)
	assert.Regexp(t, `^[A-Za-z0-9]{32}$`, created.Properties["result"].StringValue())
}

func TestCheckRejectsUnknownTypesAndInvalidLengths(t *testing.T) {
	_, err := New().Check(t.Context(), plugin.CheckRequest{Type: "random:index/randomPet:RandomPet"})
	require.ErrorContains(t, err, "randomPet")
	checked, err := New().Check(t.Context(), plugin.CheckRequest{
		Type: randomString, News: resource.NewPropertyMapFromMap(map[string]any{"length": 0}),
	})
	require.NoError(t, err)
	assert.Len(t, checked.Failures, 1)
}

func TestDiffReplacesARandomStringWhoseLengthChanges(t *testing.T) {
	old := resource.NewPropertyMapFromMap(map[string]any{"length": 6})
	same, err := New().Diff(t.Context(), plugin.DiffRequest{OldInputs: old, NewInputs: old})
	require.NoError(t, err)
	assert.Equal(t, plugin.DiffNone, same.Changes)
	longer, err := New().Diff(t.Context(), plugin.DiffRequest{
		OldInputs: old, NewInputs: resource.NewPropertyMapFromMap(map[string]any{"length": 7}),
	})
	require.NoError(t, err)
	assert.Equal(t, []resource.PropertyKey{"length"}, longer.ReplaceKeys)
}
