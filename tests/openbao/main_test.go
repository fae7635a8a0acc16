// Package openbao_test brings a whole environment with OpenBao up, on the real engine and a
// real Kubernetes control plane, and applies the changes that operators make.
package openbao_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"bastide/internal/rehearsal/engine"
	"bastide/internal/stage"
)

// settings are those of an environment with three zones, three OpenBao servers, and two
// namespaces, one of which may connect to them.
const settings = `config:
  gcp:project: bastide-openbao
  gcp:region: europe-west1
  bastide:rehearsal: true
  bastide:adminCidrs: [203.0.113.7/32, 198.51.100.0/28]
  bastide:networkCidr: 10.64.0.0/20
  bastide:zones: [europe-west1-b, europe-west1-c, europe-west1-d]
  bastide:deletionProtection: false
  bastide:openbaoExpose: true
  bastide:namespaces:
    - shop owner=team-shop openbao=client
    - billing owner=team-billing
  bastide:warnOnly: []
`

// tools are built once, by TestMain.
var tools stage.Tools

func TestMain(m *testing.M) {
	stage.MainWithTools(m, stage.Budget{CLI: 30, ControlPlanes: 4}, func(t stage.Tools) error { tools = t; return nil })
}

// environment is an environment that a test brings up and changes.
type environment struct {
	*stage.Stage
	t *testing.T
}

func prepare(t *testing.T, change ...func(*engine.Options)) environment {
	t.Helper()
	s, err := tools.Open(t.Context(), t.TempDir(), "openbao", settings, change...)
	t.Cleanup(func() {
		if s != nil {
			require.NoError(t, s.Close())
		}
	})
	require.NoError(t, err)
	return environment{s, t}
}

// up brings the environment up, and returns the engine's steps.
func (e environment) up() []string {
	e.t.Helper()
	outcome, err := e.Up(e.t.Context())
	require.NoError(e.t, err, e.Log)
	require.Empty(e.t, outcome.Diagnostics)
	return outcome.Steps
}

// set changes a setting for the next up.
func (e environment) set(key string, value any) {
	e.t.Helper()
	path := filepath.Join(e.Dir, "work", "Pulumi.openbao.yaml")
	text, err := os.ReadFile(path)
	require.NoError(e.t, err)
	var stack struct {
		Salt   string         `json:"encryptionsalt,omitempty"`
		Config map[string]any `json:"config"`
	}
	require.NoError(e.t, yaml.UnmarshalStrict(text, &stack))
	stack.Config[key] = value
	text, err = yaml.Marshal(stack)
	require.NoError(e.t, err)
	require.NoError(e.t, os.WriteFile(path, text, 0o600))
}

func (e environment) cluster() client.Client {
	e.t.Helper()
	c, err := e.Cluster.Client()
	require.NoError(e.t, err)
	return c
}

// get reads an object of OpenBao's namespace.
func (e environment) get(name string, object client.Object) {
	e.t.Helper()
	require.NoError(e.t, e.cluster().Get(e.t.Context(), client.ObjectKey{Namespace: "openbao", Name: name}, object))
}

// servers are OpenBao's server pods, by name.
func (e environment) servers() map[string]corev1.Pod {
	e.t.Helper()
	var pods corev1.PodList
	require.NoError(e.t, e.cluster().List(e.t.Context(), &pods, client.InNamespace("openbao"), client.MatchingLabels{"app.kubernetes.io/component": "server"}))
	all := map[string]corev1.Pod{}
	for _, pod := range pods.Items {
		all[pod.Name] = pod
	}
	return all
}
