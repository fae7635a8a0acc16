package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/environment/environmenttest"
)

func TestNoBinaryExceedsItsMaximumOfPackages(t *testing.T) {
	for _, b := range binaries {
		listed, err := b.packages(t.Context(), environmenttest.Root(t))
		require.NoError(t, err)
		assert.Greater(t, len(listed), 50, b.Name)
		assert.LessOrEqual(t, len(listed), b.Most, "%s: look for new packages in `go list -deps`, and raise the number in counts.go if they are worth it", b.Name)
		if b.Name == "the program" {
			assert.LessOrEqual(t, kubernetesSDK(listed), kubernetesGroups)
		}
	}
}
