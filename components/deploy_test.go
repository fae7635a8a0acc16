package components_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bastide/environment/environmenttest"
	"bastide/internal/graph"
)

// The SDK takes omitted arguments of the provider from environment variables.
func TestProviderIgnoresProjectAndLocationVariables(t *testing.T) {
	for _, variable := range []string{"GOOGLE_PROJECT", "GOOGLE_REGION", "GOOGLE_ZONE"} {
		t.Setenv(variable, "poison")
	}
	settings := environmenttest.Small(t)
	for _, zone := range []string{"europe-west1-b", "europe-west1-c"} {
		provider := graph.Of(t, settings).Find("google-cloud")
		require.NotNil(t, provider)
		assert.Equal(t, map[string]any{"project": "bastide-test", "region": "europe-west1", "zone": zone}, provider.Plain())
		settings.Set("bastide:zones", []any{"europe-west1-c"})
	}
}
