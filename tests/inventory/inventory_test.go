// Package inventory_test holds the program against short lists, one for each
// example environment, of what must be there, with which values, and what must
// not. They are written by hand, to be read.
package inventory_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"bastide/environment/environmenttest"
	"bastide/rehearsal/googlecloud"
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
					found, err := at(got, name, path)
					assert.NoError(t, err)
					assert.Equal(t, fmt.Sprint(value), fmt.Sprint(found), "%s %s", name, path)
				}
			}
			for name, paths := range want.Missing {
				for _, path := range paths {
					assert.NoError(t, missing(got, name, path))
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

// missing wants a path to have no value, although the provider knows the property
// and what is above it is there: where nothing can be, nothing is missing.
func missing(g *graph.Graph, name, path string) error {
	r := g.Find(name)
	if r == nil {
		return fmt.Errorf("there is no resource %s", name)
	}
	if !googlecloud.Known(r.Type, path) {
		return fmt.Errorf("%s has no property %s", r.Type, path)
	}
	if above := strings.LastIndex(path, "."); above >= 0 {
		if value, err := r.Value(path[:above]); value == nil || err != nil {
			return fmt.Errorf("%s has no %s for %s to be missing from", name, path[:above], path)
		}
	}
	value, err := r.Value(path)
	if err == nil && value != nil {
		err = fmt.Errorf("%s %s is %v", name, path, value)
	}
	return err
}

func TestMissingIsMoreThanMisspelt(t *testing.T) {
	g := graph.Of(t, environmenttest.Small(t))
	require.NoError(t, missing(g, "cluster-control-plane", "nodeLocations"))
	require.NoError(t, missing(g, "cluster-control-plane", "addonsConfig.networkPolicyConfig"))
	for _, path := range []string{
		"nodeLocation", "addonConfig.networkPolicyConfig", "addonsConfig.networkPolicyConfigs", // misspelt
		"verticalPodAutoscaling.enabled",                                                                                // nothing above it
		"location", "privateClusterConfig.masterIpv4CidrBlock", "addonsConfig.gcePersistentDiskCsiDriverConfig.enabled", // there
	} {
		assert.Error(t, missing(g, "cluster-control-plane", path), path)
	}
	assert.Error(t, missing(g, "cluster-controlplane", "nodeLocations"))
}

func at(g *graph.Graph, name, path string) (any, error) {
	r := g.Find(name)
	if r == nil {
		return nil, fmt.Errorf("there is no resource %s", name)
	}
	return r.Value(path)
}
