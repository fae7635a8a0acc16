// Package inventory_test holds the program against short lists, one for each
// example environment, of what must be there, with which values, and what must
// not. They are written by hand, to be read.
package inventory_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"bastide/environment/environmenttest"
	"bastide/tests/graph"
)

type inventory struct {
	// Counts is the number of resources by type; types that are not named
	// must not be there.
	Counts map[string]int
	// Values are expected inputs, by logical name and path.
	Values map[string]map[string]any
	// Missing are paths that must have no value.
	Missing map[string][]string
}

func TestExamples(t *testing.T) {
	for _, settings := range environmenttest.Examples(t) {
		t.Run(settings.Environment, func(t *testing.T) {
			want := read(t, settings.Environment)
			got := graph.Of(t, settings)

			counts := map[string]int{}
			for _, r := range got.Resources {
				counts[r.Type]++
			}
			assert.Equal(t, want.Counts, counts)
			for name, values := range want.Values {
				for path, value := range values {
					assert.Equal(t, fmt.Sprint(value), fmt.Sprint(at(t, got, name, path)), "%s %s", name, path)
				}
			}
			for name, paths := range want.Missing {
				for _, path := range paths {
					assert.Nil(t, at(t, got, name, path), "%s %s", name, path)
				}
			}
		})
	}
}

func read(t *testing.T, environment string) (want inventory) {
	t.Helper()
	text, err := os.ReadFile(environment + ".yaml")
	require.NoError(t, err, "every example has an inventory")
	require.NoError(t, yaml.UnmarshalStrict(text, &want))
	require.NotEmpty(t, want.Counts)
	require.NotEmpty(t, want.Values)
	return want
}

// at follows a path such as nodeConfig.taints.0.key.
func at(t *testing.T, g *graph.Graph, name, path string) any {
	t.Helper()
	r := g.Find(name)
	require.NotNil(t, r, "there is no resource %s", name)
	var value any = r.Plain()
	for step := range strings.SplitSeq(path, ".") {
		switch current := value.(type) {
		case map[string]any:
			value = current[step]
		case []any:
			index, err := strconv.Atoi(step)
			require.NoError(t, err, path)
			require.Less(t, index, len(current), path)
			value = current[index]
		default:
			return nil
		}
	}
	return value
}
