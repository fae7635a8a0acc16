package cluster

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

func TestKubeconfigHoldsNoCredential(t *testing.T) {
	text, err := kubeconfig("bastide-dev", "192.0.2.10", "Q0E=")
	require.NoError(t, err)

	var config struct {
		CurrentContext string `json:"current-context"`
		Clusters       []struct{ Cluster map[string]any }
		Users          []struct{ User map[string]any }
	}
	require.NoError(t, yaml.Unmarshal([]byte(text), &config))
	assert.Equal(t, "bastide-dev", config.CurrentContext)
	assert.Equal(t, map[string]any{"server": "https://192.0.2.10", "certificate-authority-data": "Q0E="}, config.Clusters[0].Cluster)
	require.Len(t, config.Users, 1)
	assert.Len(t, config.Users[0].User, 1, "only the plugin: no token, certificate or password")
	assert.Equal(t, "gke-gcloud-auth-plugin", config.Users[0].User["exec"].(map[string]any)["command"])
}
