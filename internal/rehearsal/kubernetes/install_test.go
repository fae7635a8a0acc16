package kubernetes

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const podMonitoring = "kubernetes:monitoring.googleapis.com/v1:PodMonitoring"

// monitoring is a monitoring resource with one endpoint to scrape.
func monitoring(endpoint map[string]any) resource.PropertyMap {
	return object("monitoring.googleapis.com/v1", "PodMonitoring", "scraped", "store", map[string]any{"spec": map[string]any{
		"selector": map[string]any{"matchLabels": map[string]any{"app": "store"}}, "endpoints": []any{endpoint},
		"targetLabels": map[string]any{"fromPod": []any{map[string]any{"from": "app", "to": "app"}}},
	}})
}

func TestClusterHasTheKindsOfManagedPrometheus(t *testing.T) {
	p := configured(t)
	namespace(t, p, "scraped")
	create(t, p, podMonitoring, monitoring(map[string]any{
		"port": "https", "scheme": "https", "path": "/v1/sys/metrics", "interval": "30s", "timeout": "10s",
		"params": map[string]any{"format": []any{"prometheus"}},
		"tls":    map[string]any{"serverName": "store", "ca": map[string]any{"secret": map[string]any{"name": "ca", "key": "ca.crt"}}},
		"metricRelabeling": []any{map[string]any{
			"action": "drop", "regex": "go_.*", "sourceLabels": []any{"__name__"},
		}},
	}))
	found := &unstructured.Unstructured{}
	found.SetAPIVersion("monitoring.googleapis.com/v1")
	found.SetKind("PodMonitoring")
	require.NoError(t, direct(t).Get(t.Context(), client.ObjectKey{Namespace: "scraped", Name: "store"}, found))
	spec := found.Object["spec"].(map[string]any)
	endpoint := spec["endpoints"].([]any)[0].(map[string]any)
	assert.Equal(t, map[string]any{"name": "ca", "key": "ca.crt"}, endpoint["tls"].(map[string]any)["ca"].(map[string]any)["secret"], "no field was pruned")

	for text, endpoint := range map[string]map[string]any{
		`interval: Required value`:             {"port": 8200},
		`.portt: field not declared in schema`: {"portt": 8200, "interval": "30s"},
		`Unsupported value: "ftp"`:             {"port": 8200, "interval": "30s", "scheme": "ftp"},
		`must be of type duration`:             {"port": 8200, "interval": "often"},
	} {
		inputs := monitoring(endpoint)
		inputs["metadata"].ObjectValue()["name"] = resource.NewProperty("wrong")
		_, err := p.Create(t.Context(), request(podMonitoring, inputs))
		assert.ErrorContains(t, err, text)
	}
}

func TestInstallWaitsUntilItsKindsAreServed(t *testing.T) {
	p := configured(t)
	namespace(t, p, "fresh")
	definition := `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: %[1]ss.example.com}
spec:
  group: example.com
  names: {kind: %[2]s, plural: %[1]ss, singular: widget}
  scope: Namespaced
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
`
	admin := host.ControlPlane().Admin()
	require.NoError(t, install(t.Context(), admin, fmt.Appendf(nil, definition, "widget", "Widget")))
	create(t, p, "kubernetes:example.com/v1:Widget", object("example.com/v1", "Widget", "fresh", "first", nil))

	// The server never serves a kind whose name another one has.
	brief, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	err := install(brief, admin, fmt.Appendf(nil, definition, "doppelganger", "Doppelganger"))
	assert.ErrorContains(t, err, "waiting until the API server serves the kind Doppelganger")
}
