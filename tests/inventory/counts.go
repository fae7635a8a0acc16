// Package inventory counts what the example environments consist of.
package inventory

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"bastide/environment/environmenttest"
)

// Count is how much there is in an environment.
type Count struct {
	// Resources are all, and Types those of each type.
	Resources int            `json:"resources"`
	Types     map[string]int `json:"types"`
	// Policies are those that have something to look at.
	Policies int `json:"policies"`
}

// Counts are those of all examples, by their names, as `make update` has written them.
func Counts(tb testing.TB) (all map[string]Count) {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(environmenttest.Root(tb), "tests", "inventory", "counts.yaml"))
	require.NoError(tb, err)
	require.NoError(tb, yaml.UnmarshalStrict(text, &all))
	return all
}
