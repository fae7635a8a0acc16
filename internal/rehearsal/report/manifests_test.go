package report

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestManifestsAreNamedAfterKindNamespaceAndName(t *testing.T) {
	account := map[string]any{"kind": "ServiceAccount", "metadata": map[string]any{"name": "default", "namespace": "shop"}}
	files, err := Inventory{Resources: []Resource{
		{Type: "gcp:kms/keyRing:KeyRing", Name: "ring"},
		{Type: "kubernetes:core/v1:Namespace", Name: "shop", Inputs: map[string]any{"kind": "Namespace", "metadata": map[string]any{"name": "shop"}}},
		{Type: "kubernetes:core/v1:ServiceAccount", Name: "a", Inputs: account},
		{Type: "kubernetes:core/v1:ServiceAccountPatch", Name: "b", Inputs: account},
	}}.Manifests()
	require.NoError(t, err)
	assert.Equal(t, "kind: Namespace\nmetadata:\n  name: shop\n", string(files["Namespace.shop.yaml"]))
	assert.Contains(t, files, "ServiceAccount.shop.default.yaml")
	assert.Contains(t, files, "b.ServiceAccount.shop.default.yaml")
	assert.Len(t, files, 3)
}
