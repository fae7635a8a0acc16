package report

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestInventoryIsSortedAndMasked(t *testing.T) {
	secret := map[string]any{resource.SigKey: resource.SecretSig, "ciphertext": "v1:abc"}
	inventory := NewInventory(&apitype.DeploymentV3{Resources: []apitype.ResourceV3{
		{URN: "urn:pulumi:s::p::pulumi:pulumi:Stack::p-s", Type: stackType, Outputs: map[string]any{"token": secret, "name": "x"}},
		{URN: "urn:pulumi:s::p::b::second", Type: "b", Inputs: map[string]any{"list": []any{secret, 1}, "__defaults": []any{}}},
		{URN: "urn:pulumi:s::p::a::first", Type: "a", Protect: true},
	}})

	assert.Equal(t, map[string]int{"a": 1, "b": 1}, inventory.Counts)
	assert.Equal(t, map[string]any{"token": "[secret]", "name": "x"}, inventory.Outputs)
	require.Len(t, inventory.Resources, 2)
	assert.Equal(t, "first", inventory.Resources[0].Name)
	assert.True(t, inventory.Resources[0].Protected)
	assert.Equal(t, map[string]any{"list": []any{"[secret]", 1}}, inventory.Resources[1].Inputs)
	text, err := inventory.YAML()
	require.NoError(t, err)
	assert.NotContains(t, string(text), "v1:abc")
}
