// Package ci_test creates build jobs as each CI system does, on a real control plane and
// scheduler.
package ci_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"bastide/environment/environmenttest"
	"bastide/internal/stage"
)

// settings are those of an environment with all three CI systems, and two namespaces for
// jobs.
const settings = `config:
  gcp:project: bastide-ci
  gcp:region: europe-west1
  bastide:rehearsal: true
  bastide:adminCidrs: [203.0.113.7/32]
  bastide:networkCidr: 10.64.0.0/20
  bastide:zones: [europe-west1-b]
  bastide:deletionProtection: false
  bastide:openbaoReplicas: 1
  bastide:namespaces: [shop owner=team-shop size=small]
  bastide:ci: privileged
  bastide:ciSystems: [estafette, gitlab, github]
  bastide:ciNamespaces: [ci-jobs size=small, ci-trusted size=small]
  bastide:ciImages: [docker.io/library/golang]
  bastide:estafetteUrl: https://ci.example.com
  bastide:githubConfigUrl: https://github.com/example
`

// up is the environment, which TestMain brings up once.
var up *stage.Stage

func TestMain(m *testing.M) {
	stage.Main(m, stage.Budget{CLI: 4, ControlPlanes: 1}, "builds", settings, func(_ stage.Tools, s *stage.Stage) { up = s })
}

func cluster(t *testing.T) client.Client {
	t.Helper()
	require.NoError(t, stage.TrackSources(environmenttest.Root(t)))
	c, err := up.Cluster.Client()
	require.NoError(t, err)
	return c
}
