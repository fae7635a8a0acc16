// Package admission_test tests the guardrails on a real API server: what they refuse, what
// they admit, and that the tests fail without any one of them.
package admission_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"bastide/environment/environmenttest"
	"bastide/internal/rehearsal/corpus"
	"bastide/internal/stage"
)

// settings are those of an environment with all guardrails. Only one rule warns, because a
// warning would hide that a rule refuses.
const settings = `config:
  gcp:project: bastide-admission
  gcp:region: europe-west1
  bastide:rehearsal: true
  bastide:adminCidrs: [203.0.113.7/32]
  bastide:networkCidr: 10.64.0.0/20
  bastide:zones: [europe-west1-b]
  bastide:deletionProtection: false
  bastide:rbacGroup: gke-security-groups@example.com
  bastide:namespaces:
    - shop owner=team-shop size=small editors=team-shop@example.com
    - billing owner=team-billing size=medium
    - stock owner=team-stock size=large
  bastide:warnOnly: [image-digest]
`

var (
	warnOnly = []string{"image-digest"}
	registry = "europe-west1-docker.pkg.dev/bastide-admission/bastide-admission-images"
	admin    = "203.0.113.7/32"
)

// up is the environment, which TestMain brings up once.
var up *stage.Stage

func TestMain(m *testing.M) {
	stage.Main(m, stage.Budget{CLI: 4, ControlPlanes: 1}, "admission", settings, func(_ stage.Tools, s *stage.Stage) { up = s })
}

func load(t *testing.T) *corpus.Corpus {
	t.Helper()
	c, err := corpus.Load(".", corpus.Settings{
		Registry: registry, Admin: admin, TaintKey: "role", TaintValue: "privileged", Jobs: "ci-jobs", Sandbox: true,
	})
	require.NoError(t, err)
	return c
}

func checker(t *testing.T, c *corpus.Corpus) *corpus.Checker {
	t.Helper()
	j, err := corpus.NewChecker(c, up.Cluster.ControlPlane().Admin(), warnOnly, true)
	require.NoError(t, err)
	return j
}

func cluster(t *testing.T) client.Client {
	t.Helper()
	require.NoError(t, stage.TrackSources(environmenttest.Root(t)))
	c, err := up.Cluster.Client()
	require.NoError(t, err)
	return c
}
