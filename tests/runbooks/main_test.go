// Package runbooks_test walks what docs/runbooks tells on one environment, on the
// real engine.
package runbooks_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastide/internal/rehearsal/engine"
	"bastide/internal/stage"
)

// Made once, by TestMain: the environment that every runbook is walked on.
var (
	tools stage.Tools
	up    *stage.Stage
)

const name = "small"

// settings are those of a protected environment with everything that the runbooks
// speak of. Its file is what the walks change; the admin address stays changed.
var settings = `config:
  gcp:project: bastide-small
  gcp:region: europe-west1
  bastide:rehearsal: true
  bastide:adminCidrs: [203.0.113.7/32]
  bastide:networkCidr: 10.64.0.0/20
  bastide:namespaces: ["apps owner=team-apps openbao=client"]
  bastide:openbaoExpose: true
  bastide:ci: privileged
`

func TestMain(m *testing.M) {
	stage.Main(m, stage.Budget{CLI: 85, ControlPlanes: 1}, name, settings, func(t stage.Tools, s *stage.Stage) { tools, up = t, s })
}

// set writes the settings anew, with one text in place of another, and gives them
// back after the test.
func set(t *testing.T, was, becomes string) {
	t.Helper()
	require.NoError(t, stage.NoticeSources(tools.Root))
	fresh, err := engine.FromNothing([]byte(settings))
	require.NoError(t, err)
	require.Contains(t, string(fresh), was)
	write(t, strings.ReplaceAll(string(fresh), was, becomes))
	t.Cleanup(func() { write(t, string(fresh)) })
}

func write(t *testing.T, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(up.Dir, "work", "Pulumi."+name+".yaml"), []byte(text), 0o600))
}

// would are the steps that an `up` would take, without the stack in the names.
func would(t *testing.T) (steps []string) {
	t.Helper()
	preview, err := up.Preview(t.Context())
	require.NoError(t, err)
	require.Empty(t, preview.Complaints)
	return bare(preview.Steps)
}

// bare are steps without the stack in the names.
func bare(steps []string) (short []string) {
	for _, step := range steps {
		operation, urn, _ := strings.Cut(step, " ")
		short = append(short, operation+" "+urn[strings.LastIndex(urn, "::")+2:])
	}
	return short
}
