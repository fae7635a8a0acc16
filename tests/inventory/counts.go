// Package inventory has the counts of resources and policies of the example environments.
package inventory

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"bastide/environment/environmenttest"
)

// Count is the number of resources and policies of an environment.
type Count struct {
	// Resources is the number of all resources, Types that of each type.
	Resources int            `json:"resources"`
	Types     map[string]int `json:"types"`
	// Policies is the number of policies that apply to any of the resources.
	Policies int `json:"policies"`
}

// Counts are the counts of all examples, by name, from counts.yaml.
func Counts(tb testing.TB) (all map[string]Count) {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(environmenttest.Root(tb), "tests", "inventory", "counts.yaml"))
	require.NoError(tb, err)
	require.NoError(tb, yaml.UnmarshalStrict(text, &all))
	return all
}
